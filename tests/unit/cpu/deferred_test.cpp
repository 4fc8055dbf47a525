// SPDX-License-Identifier: MIT
//
// Rows of which adjusters move some scores, against the same rows with all scores moved beforehand.
#include "support/catch.hpp"
#include "support/effort.hpp"
#include "support/logit_cases.hpp"
#include "unit/cpu/row_steps.hpp"
#include "unit/helpers.hpp"
#include <pluck/chain.hpp>
#include <pluck/cpu/row.hpp>
#include <pluck/draw/rejection.hpp>
#include <pluck/eigen.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

using namespace pluck_test;
namespace cpu = pluck::cpu;

namespace {

/// Adjusters of random parameters, done to the library's row and to plain scores.
class adjusters {
public:
    adjusters(cpu::row& row, std::vector<float>& scores, random_numbers& numbers)
        : row_(row), scores_(scores), numbers_(numbers) {}

    [[nodiscard]] std::string one() {
        switch (numbers_.below(6)) {
            case 0: return edit(1 + numbers_.below(8));
            case 1: return edit(1 + numbers_.below(scores_.size()));
            case 2: return mask();
            case 3: return numbers_.chance(3) ? select() : edit(3);
            case 4: return numbers_.chance(3) ? map() : mask();
            default: return " nothing";
        }
    }

private:
    std::string edit(std::size_t count) {
        std::vector<std::int32_t> ids(count);
        const std::size_t within = numbers_.chance(2) ? scores_.size() : 1 + scores_.size() / 8;
        const std::size_t kind = numbers_.below(5);
        for (std::int32_t& id : ids) id = static_cast<std::int32_t>(numbers_.below(within));
        if (numbers_.chance(2)) {  // the best, whose block has another best then
            const auto best = std::max_element(scores_.begin(), scores_.end());
            ids[0] = static_cast<std::int32_t>(best - scores_.begin());
        }
        const auto moved = [kind](float score, std::size_t i) {
            if (kind == 0 || (kind == 3 && i % 7 == 0)) return forbidden;
            const float up = 0.5f * static_cast<float>(i % 3);
            return kind == 1 ? score - 2 : kind == 2 ? up : score + up;  // the second would lift a token from -infinity
        };
        row_.edit(ids, moved);
        for (std::size_t i = 0; i < ids.size(); ++i) {
            float& score = scores_[static_cast<std::size_t>(ids[i])];
            if (score != forbidden) score = moved(score, i);
        }
        return " edit(" + std::to_string(count) + ")";
    }
    std::string mask() {
        std::vector<std::uint32_t> words((scores_.size() + 31) / 32);
        const std::size_t kind = numbers_.below(4);
        for (std::uint32_t& word : words) {
            const auto any = static_cast<std::uint32_t>(numbers_.bits()),
                       more = static_cast<std::uint32_t>(numbers_.bits());
            word = kind == 0 ? any & more & any >> 7 : kind == 1 ? any : any | more | any >> 7;
            if (numbers_.chance(6)) word = numbers_.chance(2) ? 0 : ~std::uint32_t{0};
        }
        if (numbers_.chance(4)) words.resize(numbers_.below(words.size() + 2));
        row_.mask(words);
        for (std::size_t i = 0; i < scores_.size(); ++i)
            if (i / 32 >= words.size() || (words[i / 32] >> (i % 32) & 1u) == 0) scores_[i] = forbidden;
        return " mask(" + std::to_string(kind) + ")";
    }
    std::string select() {
        std::vector<std::int32_t> ids;
        const std::size_t share = 1 + numbers_.below(20);
        std::vector<float> left(scores_.size(), forbidden);
        for (std::size_t i = 0; i < scores_.size(); ++i) {
            if (!numbers_.chance(share)) continue;
            left[i] = scores_[i] + 0.25f;
            ids.push_back(static_cast<std::int32_t>(i));
        }
        row_.select(ids, [](float score, std::size_t) { return score + 0.25f; });
        scores_ = left;
        return " select(" + std::to_string(ids.size()) + ")";
    }
    std::string map() {
        const auto moved = [](float score, std::int32_t token) { return token % 5 == 1 ? score * 0.5f : score; };
        row_.map(moved);
        for (std::size_t i = 0; i < scores_.size(); ++i)
            if (scores_[i] != forbidden) scores_[i] = moved(scores_[i], static_cast<std::int32_t>(i));
        return " map";
    }

    cpu::row& row_;
    std::vector<float>& scores_;
    random_numbers& numbers_;
};

/// A row of a type, as a view that the library reads, and its values.
template <class Scalar>
struct typed_row {
    std::vector<Scalar> memory;
    std::vector<float> values;
    std::ptrdiff_t stride = 1;

    typed_row(const std::vector<float>& from, bool apart) : stride(apart ? 2 : 1) {
        for (const float value : from) {
            memory.push_back(stored(value));
            values.push_back(pluck::scalar_traits<Scalar>::widen(memory.back()));
            if (apart) memory.push_back(stored(std::numeric_limits<float>::quiet_NaN()));
        }
    }
    [[nodiscard]] pluck::logits_view<Scalar> view() const { return {memory.data(), values.size(), stride}; }

    [[nodiscard]] static Scalar stored(float value) {
        if constexpr (std::is_same_v<Scalar, pluck::bfloat16>)
            return {static_cast<std::uint16_t>(bits_of(value) >> 16)};
        else return static_cast<Scalar>(value);
    }
};

}  // namespace

TEMPLATE_TEST_CASE("a row of which scores were moved keeps and draws what a row of these scores does", "", float,
                   double, Eigen::half, pluck::bfloat16) {
    tally seen;
    pluck::workspace scratch;
    for (std::uint64_t number = 0; number < repeated(4'000); ++number) {
        random_numbers numbers(number, 91);
        const typed_row<TestType> from(random_row(number, number % 40 == 0 ? 20'000 : 700), numbers.chance(8));
        const std::vector<TestType> before = from.memory;
        const pluck::key key = pluck::key{.seed = numbers.bits(), .position = number};
        cpu::row row(from.view(), scratch, pluck::randomness(key), 0);
        std::vector<float> scores = from.values;
        std::string steps;
        adjusters any(row, scores, numbers);
        for (std::size_t n = numbers.below(5); n > 0; --n) steps += any.one();

        pluck::workspace other;
        cpu::row expected(pluck::logits_view<float>{scores.data(), scores.size()}, other, pluck::randomness(key), 0);
        const bool settled = row.settle();
        seen.expect(settled == expected.settle() && row.state() == expected.state(), number, ":", steps, ": ",
                    pluck::to_string(row.state()));
        seen.expect(std::memcmp(before.data(), from.memory.data(), before.size() * sizeof(TestType)) == 0, number, ":",
                    steps, " writes to the logits");
        if (!settled || row.state() != expected.state()) continue;
        sorted_row model(scores);
        for (std::size_t n = numbers.below(4); n > 0; --n) steps += step(row, model, numbers);
        seen.expect(steps.find("wrong") == std::string::npos, number, ":", steps);
        seen.expect(agree(row, model), number, ":", steps);
        if (numbers.chance(2)) {
            const std::int32_t token = row.draw_by_rejection();
            seen.expect(row.mass(token) > 0, number, ":", steps, " rejection");
        }
    }
    PLUCK_CHECK_TALLY(seen);
}

TEST_CASE("a long row of which scores were moved draws, by any chain, what a row of these scores does") {
    tally seen;
    pluck::workspace scratch, other;
    for (std::uint64_t number = 0; number < repeated(120); ++number) {
        random_numbers numbers(number, 92);
        const shape which = all_shapes[numbers.below(std::size(all_shapes))];
        const std::vector<float> logits = logits_of(which, 20'000 + numbers.below(60'000), numbers);
        const pluck::key key = pluck::key{.seed = numbers.bits(), .position = number};
        cpu::row row(pluck::logits_view<float>{logits.data(), logits.size()}, scratch, pluck::randomness(key), 0);
        std::vector<float> scores = logits;
        std::string steps;
        adjusters any(row, scores, numbers);
        for (std::size_t n = 1 + numbers.below(3); n > 0; --n) steps += any.one();
        cpu::row expected(pluck::logits_view<float>{scores.data(), scores.size()}, other, pluck::randomness(key), 0);
        const auto run = [&](auto&& chain) {
            const pluck::pick got = pluck::run(pluck::as_chain(chain), row);
            const pluck::pick want = pluck::run(pluck::as_chain(chain), expected);
            seen.expect(got == want, number, ":", steps, ": ", got.token, " for ", want.token);
            if (got)
                seen.expect(row.total() == expected.total() && row.count() == expected.count(), number, ":", steps);
        };
        switch (number % 6) {
            case 0: run(pluck::temperature(0.8f)); break;
            case 1: run(pluck::top_p(0.9f)); break;
            case 2: run(pluck::temperature(3) | pluck::top_p(0.95f)); break;
            case 3: run(pluck::top_k(50) | pluck::top_p(0.9f)); break;
            case 4: run(pluck::min_p(0.05f) | pluck::rejection()); break;
            default: run(pluck::temperature(2) | pluck::top_k(3'000)); break;
        }
    }
    PLUCK_CHECK_TALLY(seen);
}

TEMPLATE_TEST_CASE("the best of a long row are sought among scores that were moved", "", float, pluck::bfloat16) {
    std::vector<float> logits(100'000);  // so many that few blocks are read
    const auto is_good = [](std::size_t i) { return i % 1000 == 7 || i % 1000 == 8; };
    for (std::size_t i = 0; i < logits.size(); ++i)
        logits[i] = static_cast<float>(is_good(i) ? 100 + i / 1000 : i % 50);  // the good ones differ in 8 bits
    const typed_row<TestType> from(logits, false);
    std::vector<float> scores = from.values;
    std::vector<std::int32_t> ids;  // one of two good neighbours goes
    for (std::size_t i = 7; i < scores.size(); i += 1000) ids.push_back(static_cast<std::int32_t>(i));
    const auto moved = [](float score, std::size_t) { return score - 200; };
    for (const std::int32_t id : ids) {
        float& score = scores[static_cast<std::size_t>(id)];
        score = moved(score, 0);
    }
    pluck::workspace scratch;
    cpu::row row(from.view(), scratch, {}, 0);
    row.edit(ids, moved);
    REQUIRE(row.settle());
    row.keep_largest(50);
    sorted_row model(scores);
    model.keep_largest(50);
    CHECK(agree(row, model));
}

TEMPLATE_TEST_CASE("the best of a long row are sought among those that a mask allows, up to its end", "", float,
                   pluck::bfloat16) {
    std::vector<float> logits(100'030);
    const auto is_good = [](std::size_t i) { return i % 1000 == 28 || i % 1000 == 29; };
    for (std::size_t i = 0; i < logits.size(); ++i)
        logits[i] = static_cast<float>(is_good(i) ? 100 + i / 1000 : i % 50);
    const typed_row<TestType> from(logits, false);
    std::vector<float> scores = from.values;
    std::vector<std::uint32_t> words((scores.size() + 31) / 32, ~0u);  // one of two good neighbours is forbidden
    for (std::size_t i = 28; i < scores.size(); i += 1000) {
        words[i / 32] &= ~(1u << (i % 32));
        scores[i] = forbidden;
    }
    pluck::workspace scratch;
    cpu::row row(from.view(), scratch, {}, 0);
    row.mask(words);
    REQUIRE(row.settle());
    row.keep_largest(50);
    sorted_row model(scores);
    model.keep_largest(50);
    CHECK(agree(row, model));
}

TEST_CASE("a NaN that an edit takes away is forgotten, and one that it makes is found") {
    for (const std::size_t at : {0u, 63u, 64u, 299u}) {
        std::vector<float> logits(300, 1.0f);
        logits[at] = float_of(bits::nans[0]);
        const std::vector<std::int32_t> ids = {static_cast<std::int32_t>(at)};
        pluck::workspace scratch;
        const pluck::logits_view<float> view{logits.data(), logits.size()};
        cpu::row banned(view, scratch, {}, 0);
        banned.edit(ids, [](float, std::size_t) { return forbidden; });
        REQUIRE(banned.settle());
        CHECK(banned.count() == 299);
        cpu::row moved(view, scratch, {}, 0);
        moved.edit(ids, [](float score, std::size_t) { return score + 1; });
        CHECK_FALSE(moved.settle());
        CHECK(moved.state() == pluck::status::nan_logit);
    }
    const std::vector<float> logits(300, 1.0f);
    for (const std::size_t count : {1u, 7u, 8u, 9u, 30u}) {
        std::vector<std::int32_t> ids;
        for (std::size_t i = 0; i < count; ++i) ids.push_back(static_cast<std::int32_t>(i * 9));
        for (std::size_t at = 0; at < count; ++at) {
            for (const std::uint32_t nan : {bits::nans[0], bits::nans[0] | 0x80000000u}) {
                pluck::workspace scratch;
                cpu::row made(pluck::logits_view<float>{logits.data(), logits.size()}, scratch, {}, 0);
                made.edit(ids, [&](float score, std::size_t i) { return i == at ? float_of(nan) : score - 1; });
                CHECK_FALSE(made.settle());
                CHECK(made.state() == pluck::status::nan_logit);
            }
        }
    }
}

TEMPLATE_TEST_CASE("a NaN that a dense mask forbids is forgotten, and one that it allows is found", "", float, double,
                   Eigen::half, pluck::bfloat16) {
    constexpr std::size_t size = 1'100;
    for (const std::size_t at : {0u, 63u, 64u, 600u, 1'024u, 1'099u}) {
        for (const std::uint32_t bad : {bits::nans[0], bits::nans[0] | 0x80000000u, bits::plus_infinity}) {
            std::vector<float> logits(size, -1.0f);
            logits[at] = float_of(bad);
            const typed_row<TestType> from(logits, false);
            std::vector<std::uint32_t> words((size + 31) / 32, ~0u), others = words;
            words[at / 32] = ~(1u << (at % 32));
            others[1] = 0;
            pluck::workspace scratch;
            cpu::row forbids(from.view(), scratch, {}, 0);
            forbids.mask(words);
            REQUIRE(forbids.settle());
            CHECK(forbids.count() == size - 1);
            CHECK(bits_of(forbids.score_of(static_cast<std::int32_t>(at))) == bits::minus_infinity);
            cpu::row allows(from.view(), scratch, {}, 0);
            allows.mask(others);
            CHECK(allows.settle() == (at / 32 == 1));
            cpu::row both(from.view(), scratch, {}, 0);
            both.mask(others);
            both.mask(words);
            REQUIRE(both.settle());
            CHECK(both.count() == size - 32 - (at / 32 == 1 ? 0 : 1));
        }
    }
}

TEST_CASE("a mask leaves nothing of an edit before it, nor an edit of a mask") {
    constexpr std::size_t size = 300;
    const std::vector<float> logits(size, 1.0f);
    std::vector<std::uint32_t> words(10, ~0u);
    words[2] = ~(1u << 6);
    const std::vector<std::int32_t> ids = {70, 71};
    const auto raised = [](float score, std::size_t) { return score + 1; };
    for (const bool mask_first : {true, false}) {
        pluck::workspace scratch;
        cpu::row row(pluck::logits_view<float>{logits.data(), size}, scratch, {}, 0);
        if (mask_first) row.mask(words);
        row.edit(ids, raised);
        if (!mask_first) row.mask(words);
        REQUIRE(row.settle());
        CHECK(row.at(0) == pluck::ranking_key{2.0f, 71});
        CHECK(row.at(1) == pluck::ranking_key{1.0f, 0});
        CHECK(bits_of(row.score_of(70)) == bits::minus_infinity);
        CHECK(row.mass(70) == 0);
        CHECK(row.count() == size - 1);
    }
}

TEST_CASE("of eight that move at a time each is seen to leave its place, and none passes a mask") {
    for (const std::size_t count : {8u, 9u, 16u, 20u}) {
        std::vector<std::int32_t> ids;
        for (std::size_t i = 0; i < count; ++i) ids.push_back(static_cast<std::int32_t>(1 + i * 13));
        for (std::size_t at = 0; at < count; ++at) {
            const auto best = static_cast<std::size_t>(ids[at]);
            std::vector<float> logits(300, 1.0f);
            for (const std::int32_t id : ids) logits[static_cast<std::size_t>(id)] = 0.5f;  // so that they win nothing
            logits[best] = 5;
            pluck::workspace scratch;
            cpu::row lowered(pluck::logits_view<float>{logits.data(), logits.size()}, scratch, {}, 0);
            lowered.edit(ids, [&](float score, std::size_t i) { return i == at ? score - 6 : score; });
            REQUIRE(lowered.settle());
            CHECK(lowered.best() == pluck::ranking_key{1.0f, 0});
            CHECK(lowered.score_of(ids[at]) == -1.0f);
            lowered.keep_largest(299);
            CHECK(lowered.mass(ids[at]) == 0);

            std::vector<std::uint32_t> words(10, ~0u);
            words[best / 32] = ~(1u << (best % 32));
            cpu::row forbidden_one(pluck::logits_view<float>{logits.data(), logits.size()}, scratch, {}, 0);
            forbidden_one.edit(ids, [&](float score, std::size_t i) { return i == at ? score + 1 : score; });
            forbidden_one.mask(words);
            REQUIRE(forbidden_one.settle());
            CHECK(forbidden_one.best() == pluck::ranking_key{1.0f, 0});
        }
    }
}

TEST_CASE("select wants rising ids of the row, and sees what is forbidden or a NaN") {
    const auto selected = [](std::vector<float> logits, const std::vector<std::int64_t>& ids) {
        pluck::workspace scratch;
        cpu::row row(pluck::logits_view<float>{logits.data(), logits.size()}, scratch, {}, 0);
        row.select(ids, [](float, std::size_t i) { return static_cast<float>(i); });
        return row.settle() ? kept_ids(row) : std::vector<int>{-1 - static_cast<int>(row.state())};
    };
    const int bad = -1 - static_cast<int>(pluck::status::bad_parameter);
    CHECK(selected({1, 2, 3}, {0, 2}) == std::vector<int>{0, 2});
    CHECK(selected({forbidden, float_of(bits::nans[0]), 3}, {0, 1}) == std::vector<int>{0, 1});
    CHECK(selected({1, 2, 3}, {}) == std::vector<int>{-1 - static_cast<int>(pluck::status::no_candidate)});
    CHECK(selected({1, 2, 3}, {2, 1}) == std::vector<int>{bad});
    CHECK(selected({1, 2, 3}, {1, 1}) == std::vector<int>{bad});
    CHECK(selected({1, 2, 3}, {3}) == std::vector<int>{bad});
    CHECK(selected({1, 2, 3}, {-1}) == std::vector<int>{bad});
    CHECK(selected({1, 2, 3}, {std::int64_t{1} << 32}) == std::vector<int>{bad});
}
