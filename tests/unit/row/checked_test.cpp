// SPDX-License-Identifier: MIT
//
// Which primitives of a backend the verbs call in edge cases, by a row that records the calls.
#include "support/catch.hpp"
#include "support/logit_cases.hpp"
#include "unit/helpers.hpp"
#include <pluck/detail/mass.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/row/checked.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <sstream>
#include <string>

using namespace pluck_test;
using pluck::detail::checked;

namespace {

constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();
constexpr float endless = std::numeric_limits<float>::infinity();

/// Tokens of scores 2, 1, 0 and -1, of which all are kept; cuts leave what the test says.
struct noted_row {
    std::ostringstream calls;
    std::size_t left = 4;
    bool below = true;

    std::size_t max_count() const { return 4; }
    std::int32_t best_score() const { return pluck::detail::ordered(2.0f); }
    std::int32_t lowest_score() const { return pluck::detail::ordered(-1.0f); }
    float octaves_per_nat() const { return pluck::mass_scale(1); }
    double temperature() const { return 0.5; }
    pluck::ranking_key best() const { return {2.0f, 0}; }

    void keep_best() { calls << "best;"; }
    void cut_to_largest(std::size_t k) { calls << "largest " << k << ";"; }
    int find_nucleus(float p, std::size_t) {
        calls << "nucleus " << p << ";";
        return 1;
    }
    int cut_at_score(std::int32_t score) {
        calls << "at " << pluck::detail::float_of(score) << ";";
        return 2;
    }
    bool leaves_less(int cut, std::size_t n) {
        calls << "less " << cut << " " << n << ";";
        return left < n;
    }
    void cut_to(int cut) { calls << "cut " << cut << ";"; }
    bool find_below(pluck::ranking_key key) {
        calls << "below " << key.score() << ";";
        return below;
    }
    void keep_rest(bool) { calls << "rest;"; }
    void set_temperature(double t) { calls << "T " << t << ";"; }

    void keep_largest(std::size_t k) { checked::keep_largest(*this, k); }
    void keep_at_least(float score, std::size_t min_keep) { checked::keep_at_least(*this, score, min_keep); }
};
struct lazy_row : noted_row {
    void keep_nucleus(float p) { calls << "later " << p << ";"; }
};

template <class Row = noted_row, class F>
std::string calls_of(const F& f, std::size_t left = 4, bool below = true) {
    Row row;
    row.left = left;
    row.below = below;
    f(row);
    return row.calls.str();
}

std::string largest(std::size_t k) {
    return calls_of([=](auto& row) { checked::keep_largest(row, k); });
}
std::string mass(float p, std::size_t min_keep, std::size_t left = 4) {
    return calls_of([=](auto& row) { checked::keep_mass(row, p, min_keep); }, left);
}
std::string at_least(float score, std::size_t min_keep, std::size_t left = 4) {
    return calls_of([=](auto& row) { checked::keep_at_least(row, score, min_keep); }, left);
}
std::string mass_at_least(std::uint64_t least) {
    return calls_of([=](auto& row) { checked::keep_mass_at_least(row, least); });
}
std::string scaled(double factor) {
    return calls_of([=](auto& row) { checked::scale(row, factor); });
}

}  // namespace

TEST_CASE("the first k: as many as there are or more are all, none or one are the best") {
    CHECK(largest(0) == "best;");
    CHECK(largest(1) == "best;");
    CHECK(largest(2) == "largest 2;");
    CHECK(largest(3) == "largest 3;");
    CHECK(largest(4).empty());
    CHECK(largest(~std::size_t{0}).empty());
}

TEST_CASE("a nucleus of 1 or more is all, one below 0 is the best, a NaN goes by its sign") {
    for (const float p : {1.0f, 1.5f, endless, not_a_number}) CHECK(mass(p, 3).empty());
    CHECK(mass(0.5f, 1) == "nucleus 0.5;cut 1;");
    CHECK(mass(0.0f, 0) == "nucleus 0;cut 1;");
    for (const float p : {-0.0f, -1.0f, -endless, -not_a_number}) {
        const std::string calls = mass(p, 0);
        CHECK((calls == "nucleus 0;cut 1;" || calls == "nucleus -0;cut 1;"));
    }
    CHECK(mass(0.5f, 3) == "nucleus 0.5;less 1 3;cut 1;");
    CHECK(mass(0.5f, 3, 2) == "nucleus 0.5;less 1 3;largest 3;");
    CHECK(mass(0.5f, 9, 2) == "nucleus 0.5;less 1 9;");  // all
    const auto lazily = [](std::size_t min_keep) {
        return calls_of<lazy_row>([=](auto& row) { checked::keep_mass(row, 0.5f, min_keep); });
    };
    CHECK(lazily(0) == "later 0.5;");
    CHECK(lazily(1) == "later 0.5;");
    CHECK(lazily(2) == "nucleus 0.5;less 1 2;cut 1;");
}

TEST_CASE("a score that no token reaches, and any NaN, leave the first min_keep") {
    for (const float score : {2.5f, endless, not_a_number, -not_a_number}) {
        CHECK(at_least(score, 0) == "best;");
        CHECK(at_least(score, 1) == "best;");
        CHECK(at_least(score, 3) == "largest 3;");
        CHECK(at_least(score, 4).empty());
    }
    CHECK(at_least(2.0f, 0) == "at 2;cut 2;");
    CHECK(at_least(-0.5f, 1) == "at -0.5;cut 2;");
    CHECK(at_least(0.0f, 3, 3) == "at 0;less 2 3;cut 2;");
    CHECK(at_least(0.0f, 3, 2) == "at 0;less 2 3;largest 3;");
    for (const float score : {-1.0f, -2.0f, -endless}) CHECK(at_least(score, 3).empty());
}

TEST_CASE("a mass is a score: the best token's and more is the best, none is all") {
    constexpr std::uint64_t best = std::uint64_t{1} << pluck::mass_bits;
    CHECK(mass_at_least(best + 1) == "best;");
    CHECK(mass_at_least(~std::uint64_t{0}) == "best;");
    CHECK(mass_at_least(0).empty());
    CHECK(mass_at_least(1).empty());                   // far below the lowest score
    const std::string half = mass_at_least(best / 2);  // e^-x = 1/2
    CHECK(half.substr(0, 7) == "at 1.30");
}

TEST_CASE("what would drop nothing, or all, drops nothing") {
    const auto dropped = [](pluck::ranking_key cut, bool below) {
        return calls_of([=](auto& row) { checked::drop_above(row, cut); }, 4, below);
    };
    CHECK(dropped({3.0f, 0}, true).empty());
    CHECK(dropped({2.0f, 0}, true).empty());
    CHECK(dropped({1.0f, 0}, true) == "below 1;rest;");
    CHECK(dropped({1.0f, 0}, false) == "below 1;");
}

TEST_CASE("a factor of the temperature that is none leaves it alone") {
    CHECK(scaled(3) == "T 1.5;");
    for (const double factor : {0.0, -0.0, -2.0, double{not_a_number}, -double{not_a_number}})
        CHECK(scaled(factor) == "T 0.5;");
    CHECK(scaled(double{endless}) == "T 1.84467e+19;");
}
