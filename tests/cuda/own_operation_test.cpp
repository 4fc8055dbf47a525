// SPDX-License-Identifier: MIT
//
// A stage's own operation reaches the workers of a team, and no line of the library has to change for it.
#include "cuda/support/own_operation.hpp"

#include "cuda/support/team_row.hpp"
#include "exact/random_rows.hpp"
#include "exact/splitmix.hpp"
#include "support/catch.hpp"
#include "unit/helpers.hpp"
#include <pluck/chain.hpp>
#include <pluck/cpu/row.hpp>
#include <pluck/cuda/generic/chain_traits.cuh>
#include <pluck/logits.hpp>
#include <pluck/workspace.hpp>

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

using namespace pluck_test;
using pluck::cuda::chain_traits, pluck::cuda::operation_list, pluck::cuda::row_operations;
namespace operations = pluck::cuda::operations;

TEST_CASE("a chain knows the operations of the row, and those that its stages list, each once") {
    using plain = pluck::chain<pluck::temperature, pluck::top_p>;
    using own = pluck::chain<pluck::temperature, p_less, p_less>;
    STATIC_REQUIRE(std::is_same_v<chain_traits<plain>::operations, row_operations>);
    using all = chain_traits<own>::operations;
    STATIC_REQUIRE(all::size == row_operations::size + 1);
    STATIC_REQUIRE(all::has<sum_of_squares>);
    STATIC_REQUIRE(all::index_of<sum_of_squares>() == row_operations::size);
    STATIC_REQUIRE(all::index_of<operations::count>() == row_operations::index_of<operations::count>());
    STATIC_REQUIRE_FALSE(row_operations::has<sum_of_squares>);
}

TEST_CASE("a chain of a type of its own may do all that the library's stages do, unless it says otherwise") {
    struct known_as_it_runs {};
    STATIC_REQUIRE(std::is_same_v<chain_traits<known_as_it_runs>::operations, row_operations>);
    STATIC_REQUIRE(chain_traits<known_as_it_runs>::may_adjust);
    STATIC_REQUIRE_FALSE(pluck::cuda::may_adjust<pluck::chain<pluck::temperature>>);
}

TEST_CASE("a stage's own operation finds the same on teams of any shape as a loop on the CPU") {
    const auto chain = pluck::temperature(0.9f) | pluck::top_p(0.99f) | p_less{} | pluck::min_p(0.001f);
    using all = chain_traits<std::remove_const_t<decltype(chain)>>::operations;
    using shape = host_team_shape<4, 2>;
    crew<shape> one(1), three(3);
    pluck::workspace scratch;
    tally seen;
    std::vector<float> scores;
    bool own = false;
    for (std::uint64_t number = 0; number < 200; ++number) {
        exact::splitmix random(31, number);
        exact::random_row(scores, 1 + random.below(random.one_in(4) ? 700 : 200), random);
        const pluck::key key{.seed = random.bits()};
        pluck::cpu::row slow(pluck::logits_view<float>{scores.data(), scores.size()}, scratch, pluck::randomness(key),
                             0);
        const pluck::pick want = pluck::run(chain, slow);
        team_row<shape, float, reading::held, all> row(number % 2 == 0 ? one : three, {scores.data(), scores.size()},
                                                       key, 0);
        const pluck::pick got = number % 4 < 2 ? row.run(chain) : row.run_and_note(chain);
        seen.expect(got == want && row.alike(), "row ", number, ": token ", got.token, ", not ", want.token);
        if (want) seen.expect(row.count() == slow.count(), "row ", number, ": how many are kept");
        for (const std::uint32_t operation : row.performed()) own = own || operation == row_operations::size;
    }
    PLUCK_CHECK_TALLY(seen);
    CHECK(own);
}
