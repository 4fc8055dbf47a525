// SPDX-License-Identifier: MIT
//
// Each finder of a cut alone, on rows of the shapes that make it hard, against a sorted list.
#include "support/catch.hpp"
#include "support/logit_cases.hpp"
#include "unit/cpu/long_rows.hpp"
#include "unit/helpers.hpp"
#include <pluck/cpu/cut/candidates.hpp>
#include <pluck/cpu/cut/found_cut.hpp>
#include <pluck/cpu/cut/heads.hpp>
#include <pluck/cpu/cut/nucleus.hpp>
#include <pluck/cpu/cut/sampled.hpp>
#include <pluck/cpu/cut/top_k.hpp>
#include <pluck/cpu/cut/total_bounds.hpp>
#include <pluck/cpu/deferred.hpp>
#include <pluck/cpu/isa/dispatch.hpp>
#include <pluck/cpu/kernels/mass_bounds.hpp>
#include <pluck/detail/mass.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/workspace.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

using namespace pluck_test;
using pluck::cpu::candidates;
using pluck::cpu::found_cut;
using knowledge = pluck::cpu::total_bounds::knowledge;

namespace {

// A row of temperature 1 that owns what a search looks at and writes to.
struct searched_row {
    explicit searched_row(std::vector<float> from) : logits(std::move(from)) {
        if (!scratch.reserve(logits.size())) FAIL("no memory");
        seen = pluck::cpu::run_kernel<pluck::cpu::kernels::scan>(static_cast<const float*>(logits.data()),
                                                                 logits.size(), scratch.block_best());
    }

    candidates tokens() {
        return {{logits.data(), logits.size(), scratch.block_best(), {}}, narrow, seen, pluck::mass_scale(1), scratch};
    }

    // What the cut keeps, in id order.
    std::vector<int> kept(const found_cut& found) {
        std::vector<int> ids;
        const bool in_list = found.is_list();
        const std::int32_t least = in_list ? found.list().score : found.row().kept.score;
        std::uint64_t ties = in_list ? found.list().ties : 0;
        for (std::size_t i = 0; i < (in_list ? found.list().count : logits.size()); ++i) {
            const auto id = in_list ? static_cast<std::size_t>(scratch.spare_tokens()[i]) : i;
            const std::int32_t score = pluck::detail::ordered(logits[id]);
            const bool tie = in_list ? ties != 0 : id < found.row().kept.ties_end;
            if (score < least || (score == least && !tie)) continue;
            ids.push_back(static_cast<int>(id));
            if (in_list && score == least) --ties;
        }
        return ids;
    }

    std::vector<float> logits;
    pluck::workspace scratch;
    pluck::cpu::deferred_row narrow;
    pluck::cpu::extremes seen;
};

constexpr std::size_t sizes[] = {2048, 3000, 9000, 20'000};
constexpr float shares[] = {0.0f, 0.1f, 0.5f, 0.9f, 0.999f};

// Whether the masses that a cut of the row says to have left behind are those of what it keeps.
bool masses_agree(searched_row& row, const found_cut& found) {
    if (found.is_list() || found.row().total == 0) return true;
    const std::uint64_t* blocks = row.scratch.block_mass();
    const std::uint64_t said = std::accumulate(blocks, blocks + row.tokens().blocks(), std::uint64_t{0});
    std::uint64_t mass = 0;
    for (const int id : row.kept(found))
        mass += row.tokens().mass_at(pluck::detail::ordered(row.logits[static_cast<std::size_t>(id)]));
    return said == mass && found.row().total == mass;
}

}  // namespace

TEST_CASE("top-k is found among the best blocks, and by a sample") {
    tally seen;
    for (const std::size_t size : sizes) {
        for (std::uint64_t seed = 0; seed < long_row_kinds; ++seed) {
            searched_row row(long_row(size, seed));
            for (const std::size_t k : {std::size_t{2}, std::size_t{50}, size / 10, size / 2, size - 1}) {
                sorted_row expected(row.logits);
                expected.keep_largest(k);
                const std::vector<int> ids = expected.ids();
                seen.expect(row.kept(find_top_k(row.tokens(), k)) == ids, "size ", size, ", seed ", seed, ", k ", k);
                seen.expect(row.kept(find_sampled_top_k(row.tokens(), k)) == ids, "size ", size, ", seed ", seed,
                            ", k ", k, ", by a sample");
            }
        }
    }
    PLUCK_CHECK_TALLY(seen);
}

TEST_CASE("a nucleus is found in a head, and by a sample, whether or not the total is known") {
    tally seen;
    for (const std::size_t size : sizes) {
        for (std::uint64_t seed = 0; seed < long_row_kinds; ++seed) {
            searched_row row(long_row(size, seed));
            for (const float p : shares) {
                sorted_row expected(row.logits);
                const std::uint64_t total = expected.total();
                expected.keep_mass(p, 1);
                const std::vector<int> ids = expected.ids();
                for (const std::uint64_t known : {std::uint64_t{0}, total}) {
                    const found_cut found = pluck::cpu::nucleus_finder(row.tokens(), p, known).cut();
                    seen.expect(row.kept(found) == ids && masses_agree(row, found), "size ", size, ", seed ", seed,
                                ", p ", p, ", total ", known);
                    const found_cut sampled = find_sampled_nucleus(row.tokens(), p, known);
                    seen.expect(row.kept(sampled) == ids && masses_agree(row, sampled), "size ", size, ", seed ", seed,
                                ", p ", p, ", total ", known, ", by a sample");
                }
            }
        }
    }
    PLUCK_CHECK_TALLY(seen);
}

TEST_CASE("each head is all there is down to its score, which is below the score of the one before") {
    tally seen;
    std::size_t heads = 0;
    for (const std::size_t size : {std::size_t{1}, std::size_t{448}, std::size_t{449}, std::size_t{2000}, sizes[2]}) {
        for (std::uint64_t seed = 0; seed < 2 * long_row_kinds; ++seed) {
            searched_row row(long_row(size, seed));
            const candidates tokens = row.tokens();
            const bool bounded = pluck::cpu::kernels::chord::fits({tokens.best_logit(), tokens.scale()});
            const bool total_known = size < pluck::cpu::kernels::max_sampled || seed >= long_row_kinds || !bounded;
            pluck::cpu::head_finder finder(tokens, 0.9f);
            const pluck::cpu::row_head& head = finder.head();
            std::int32_t before = pluck::detail::ordered_infinity;
            while (finder.next(total_known)) {
                ++heads;
                std::size_t count = 0;
                std::uint64_t mass = 0;
                for (const float logit : row.logits) {
                    const std::int32_t score = pluck::detail::ordered(logit);
                    if (score < head.low || score == -pluck::detail::ordered_infinity) continue;
                    mass += tokens.mass_at(score);
                    ++count;
                }
                seen.expect(head.count == count && head.mass == mass, "size ", size, ", seed ", seed);
                seen.expect(head.low < before || head.is_all, "size ", size, ", seed ", seed, ": no lower");
                before = head.low;
            }
            seen.expect(!finder.next(total_known), "size ", size, ", seed ", seed, ": another one");
            seen.expect(head.is_all == (size <= 2048), "size ", size, ", seed ", seed, ": the whole row");
        }
    }
    PLUCK_CHECK_TALLY(seen);
    CHECK(heads > 100);
}

TEST_CASE("bounds of the total hold it, and become narrower until it is known") {
    tally seen;
    for (std::uint64_t seed = 0; seed < long_row_kinds; ++seed) {
        searched_row row(long_row(9000, seed));
        const candidates tokens = row.tokens();
        if (!pluck::cpu::kernels::chord::fits({tokens.best_logit(), tokens.scale()})) continue;
        const std::uint64_t total = tokens.total();
        pluck::cpu::row_head head;
        head.low = tokens.reach(50);
        head.count = tokens.gather(head.low, tokens.size());
        head.mass = tokens.weigh(head.count);
        pluck::cpu::total_bounds known(tokens);
        std::uint64_t width = ~std::uint64_t{0};
        for (const knowledge next : {knowledge::none, knowledge::chord, knowledge::quartic, knowledge::exact}) {
            const auto [low, high] = known.bounds();
            seen.expect(known.known() == next && low <= total && total <= high && high - low <= width, "seed ", seed);
            width = high - low;
            seen.expect(known.refine(head) != (next == knowledge::exact), "seed ", seed, ": refined");
        }
        seen.expect(width == 0, "seed ", seed, ": not exact");
    }
    PLUCK_CHECK_TALLY(seen);
}
