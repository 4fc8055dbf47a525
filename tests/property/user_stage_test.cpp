// SPDX-License-Identifier: MIT
//
// No stage empties a row that has a candidate, not even one of a user's own that tries to.
#include "laws.hpp"

#include <cstdint>
#include <limits>
#include <vector>

using pluck_test::begins;
using pluck_test::for_random_rows;
using pluck_test::kept;
using pluck_test::random_numbers;
using row = std::vector<float>;

namespace {

struct at_least : pluck::stage {
    static constexpr pluck::verb does = pluck::verb::keep;
    float score;
    std::uint32_t min_keep;
    explicit at_least(float s, std::uint32_t floor = 1) : score(s), min_keep(floor) {}
    template <class Row>
    PLUCK_HOST_DEVICE void operator()(Row& row) const {
        row.keep_at_least(score, min_keep);
    }
};

struct heavy : pluck::stage {
    static constexpr pluck::verb does = pluck::verb::keep;
    std::uint64_t mass;
    explicit heavy(std::uint64_t least) : mass(least) {}
    template <class Row>
    PLUCK_HOST_DEVICE void operator()(Row& row) const {
        row.keep_mass_at_least(mass);
    }
};

struct below : pluck::stage {
    static constexpr pluck::verb does = pluck::verb::keep;
    pluck::ranking_key cut;
    explicit below(pluck::ranking_key at) : cut(at) {}
    template <class Row>
    PLUCK_HOST_DEVICE void operator()(Row& row) const {
        row.drop_above(cut);
    }
};

struct largest : pluck::stage {
    static constexpr pluck::verb does = pluck::verb::keep;
    std::uint32_t k;
    explicit largest(std::uint32_t most) : k(most) {}
    template <class Row>
    PLUCK_HOST_DEVICE void operator()(Row& row) const {
        row.keep_largest(k);
    }
};

struct nucleus : pluck::stage {
    static constexpr pluck::verb does = pluck::verb::keep;
    float p;
    std::uint32_t min_keep;
    nucleus(float share, std::uint32_t floor) : p(share), min_keep(floor) {}
    template <class Row>
    PLUCK_HOST_DEVICE void operator()(Row& row) const {
        row.keep_mass(p, min_keep);
    }
};

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

}  // namespace

TEST_CASE("no chain of pluck's stages empties a row") {
    for_random_rows(100'000, [](const row& logits, random_numbers& numbers) {
        const pluck::combined a = random_settings(numbers), b = random_settings(numbers);
        REQUIRE_FALSE(kept(logits, a | b).empty());
        REQUIRE(pluck::sample(logits, a | b | a, random_key(numbers)));
    });
}

TEST_CASE("a threshold that no score reaches, NaN and infinity included, leaves the best token") {
    for_random_rows(50'000, [](const row& logits, random_numbers& numbers) {
        const std::int32_t best = pluck::argmax(logits).token;
        for (const float score : {infinity, not_a_number, -not_a_number, 1e30f, std::numeric_limits<float>::max()}) {
            for (const std::uint32_t min_keep : {0u, 1u}) {
                REQUIRE(kept(logits, at_least(score, min_keep)) == std::vector<std::int32_t>{best});
            }
        }
        REQUIRE(pluck::sample(logits, at_least(infinity), random_key(numbers)).token == best);
        REQUIRE(kept(logits, at_least(-infinity)) == kept(logits, pluck::chain{}));
        REQUIRE(kept(logits, at_least(infinity, 5)) == kept(logits, pluck::top_k(5)));
    });
}

TEST_CASE("a mass that no token has leaves the best token") {
    for_random_rows(50'000, [](const row& logits, random_numbers&) {
        const std::vector<std::int32_t> best{pluck::argmax(logits).token};
        for (const std::uint64_t mass : {(std::uint64_t{1} << 40) + 1, std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
            REQUIRE(kept(logits, heavy(mass)) == best);
        }
        REQUIRE(kept(logits, heavy(std::uint64_t{1} << 40)) == kept(logits, pluck::min_p(1)));
        REQUIRE(kept(logits, heavy(0)) == kept(logits, pluck::chain{}));
    });
}

TEST_CASE("keeping by mass keeps exactly the tokens of that mass") {
    for_random_rows(20'000, [](const row& logits, random_numbers& numbers) {
        const pluck::temperature t = random_temperature(numbers);
        const auto masses = pluck_test::masses_from(pluck::probabilities(logits, t));
        const std::uint64_t least = std::uint64_t{1} << numbers.below(41);
        std::size_t expected = 0;
        for (const std::uint64_t mass : masses) expected += mass >= least;
        const auto tokens = kept(logits, t | heavy(least));
        REQUIRE(tokens.size() == expected);
        REQUIRE(begins(tokens, kept(logits, pluck::chain{})));
    });
}

TEST_CASE("a cut from above that would remove everything removes nothing") {
    for_random_rows(50'000, [](const row& logits, random_numbers&) {
        const auto all = kept(logits, pluck::chain{});
        const auto last = static_cast<std::size_t>(all.back());
        REQUIRE(kept(logits, below(pluck::ranking_key{std::uint64_t{0}})) == all);
        REQUIRE(kept(logits, below(pluck::ranking_key{logits[last], all.back() + 1})) == all);
        REQUIRE(kept(logits, below(pluck::ranking_key{logits[last], all.back()})) ==
                std::vector<std::int32_t>{all.back()});
        REQUIRE(kept(logits, below(pluck::ranking_key{~std::uint64_t{0}})) == all);
    });
}

TEST_CASE("a cut from above removes what is ranked before it, then masses are those of what is left") {
    for_random_rows(50'000, [](const row& logits, random_numbers& numbers) {
        const auto all = kept(logits, pluck::chain{});
        const std::size_t dropped = numbers.below(all.size());
        const std::int32_t first = all[dropped];
        const below cut{pluck::ranking_key{logits[static_cast<std::size_t>(first)], first}};
        const std::vector<std::int32_t> expected(all.begin() + static_cast<std::ptrdiff_t>(dropped), all.end());
        REQUIRE(kept(logits, cut) == expected);
        row rest = logits;
        for (std::size_t i = 0; i < dropped; ++i) rest[static_cast<std::size_t>(all[i])] = pluck_test::forbidden;
        const pluck::combined more = random_settings(numbers);
        REQUIRE(kept(logits, cut | more) == kept(rest, more));
        REQUIRE((pluck::probabilities(logits, cut | more) == pluck::probabilities(rest, more)).all());
        const pluck::key key = random_key(numbers);
        REQUIRE(pluck::sample(logits, cut | more, key) == pluck::sample(rest, more, key));
    });
}

TEST_CASE("cuts of no tokens and of no mass leave the best token") {
    for_random_rows(50'000, [](const row& logits, random_numbers&) {
        const std::vector<std::int32_t> best{pluck::argmax(logits).token};
        REQUIRE(kept(logits, largest(0)) == best);
        REQUIRE(kept(logits, largest(1)) == best);
        REQUIRE(kept(logits, nucleus(0.0f, 0)) == best);
        REQUIRE(kept(logits, nucleus(-0.0f, 0)) == best);
        REQUIRE(kept(logits, nucleus(std::numeric_limits<float>::denorm_min(), 0)) == best);
    });
}

TEST_CASE("a share that is no share never empties a row") {
    for_random_rows(20'000, [](const row& logits, random_numbers& numbers) {
        for (const float p : {-infinity, -1.0f, -0x1p-149f, 1.5f, infinity, not_a_number, -not_a_number}) {
            const auto tokens = kept(logits, nucleus(p, 1));
            REQUIRE_FALSE(tokens.empty());
            REQUIRE(begins(tokens, kept(logits, pluck::chain{})));
            REQUIRE(pluck::sample(logits, nucleus(p, 0), random_key(numbers)));
        }
    });
}

TEST_CASE("stages that disagree still leave a token") {
    for_random_rows(50'000, [](const row& logits, random_numbers& numbers) {
        const auto chain = at_least(not_a_number) | heavy(~std::uint64_t{0}) |
                           below(pluck::ranking_key{std::uint64_t{0}}) | pluck::top_p(0, 0) | pluck::min_p(1, 0) |
                           pluck::temperature(0) | largest(0);
        REQUIRE(kept(logits, chain).size() == 1);
        REQUIRE(pluck::sample(logits, chain, random_key(numbers)) == pluck::argmax(logits));
    });
}
