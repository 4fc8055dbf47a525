// SPDX-License-Identifier: MIT
//
// One stage, two backends: what row/concept.hpp promises of a row holds for the library's and for the smallest there
// is.
#include "support/catch.hpp"
#include "support/logit_cases.hpp"
#include "support/serial_row.hpp"
#include "unit/helpers.hpp"
#include <pluck/chain.hpp>
#include <pluck/cpu/row.hpp>
#include <pluck/row/concept.hpp>

#include <cstdint>
#include <vector>

using namespace pluck_test;

namespace {

struct every_verb : pluck::stage {
    static constexpr pluck::verb does = pluck::verb::keep;

    template <class Row>
    PLUCK_HOST_DEVICE void operator()(Row& row) const {
        const pluck::bits128 more = row.random(1, static_cast<std::uint32_t>(row.index()));
        row.scale(0.5 + more.word[0] * 0x1p-31);
        row.keep_largest(2 + more.word[1] % 200);
        row.keep_mass(static_cast<float>(more.word[2] >> 8) * 0x1p-24f, more.word[3] % 8);
        row.keep_at_least(row.best().score() - 3, 2);
        row.keep_mass_at_least(row.total() / 50);
        if (row.count() > 3) row.drop_above(row.best());
    }
};

}  // namespace

TEST_CASE("both backends are rows") {
    STATIC_REQUIRE(pluck::row_backend<pluck::cpu::row>);
    STATIC_REQUIRE(pluck::row_backend<serial_row>);
    STATIC_REQUIRE_FALSE(pluck::row_backend<int>);
}

TEST_CASE("a stage of all verbs gives the same token on both backends") {
    const auto chain = pluck::temperature(0.9f) | every_verb{} | pluck::min_p(0.01f) | pluck::top_p(0.95f);
    pluck::workspace scratch;
    tally seen;
    for (std::uint64_t number = 0; number < 300; ++number) {
        const std::vector<float> logits = random_row(number);
        const pluck::randomness random{pluck::key{.seed = number}};
        pluck::cpu::row row(pluck::logits_view<float>{logits.data(), logits.size()}, scratch, random, number);
        serial_row slow(logits.data(), logits.size(), random, number);
        const pluck::pick got = run(chain, row);
        const pluck::pick expected = run(chain, slow);
        seen.expect(got == expected && got, "row ", number, ": ", got.token, ", not ", expected.token);
    }
    PLUCK_CHECK_TALLY(seen);
}
