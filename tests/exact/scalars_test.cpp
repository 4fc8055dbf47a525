// SPDX-License-Identifier: MIT
//
// Rows of every scalar type at every stride and address. NaNs lie between the logits, and nowhere else.
#include "exact/scalars.hpp"

#include "exact/compare.hpp"
#include "exact/public_path.hpp"
#include "exact/random_chains.hpp"
#include "exact/run_chain.hpp"
#include "exact/workers.hpp"
#include "reference/oracle.hpp"
#include "support/catch.hpp"
#include <pluck/cpu/row.hpp>
#include <pluck/logits.hpp>
#include <pluck/pluck.hpp>

#include <cstddef>
#include <cstring>
#include <vector>

using namespace exact;

namespace {

constexpr std::size_t strides = 8;

/// 1, 2, 3, V and their negatives, in elements.
std::ptrdiff_t stride_of(u64 number, std::size_t vocab) {
    const auto v = static_cast<std::ptrdiff_t>(vocab);
    const std::ptrdiff_t all[strides] = {1, 2, 3, v, -1, -2, -3, -v};
    return all[number % strides];
}

/// Memory that holds a row at a stride, from any address on; it has nothing before the first or after the last element.
class spread_out {
public:
    template <class Bits>
    spread_out(const std::vector<Bits>& row, std::ptrdiff_t stride, std::size_t offset) {
        const auto step = static_cast<std::size_t>(stride < 0 ? -stride : stride) * sizeof(Bits);
        memory_.assign(offset + (row.size() - 1) * step + sizeof(Bits), 0xff);
        first_ = stride < 0 ? memory_.size() - sizeof(Bits) : offset;
        for (std::size_t i = 0; i < row.size(); ++i) {
            const std::size_t at = stride < 0 ? first_ - i * step : first_ + i * step;
            std::memcpy(memory_.data() + at, &row[i], sizeof(Bits));
        }
    }
    /// The address of element 0, which may be unaligned: pass it on, but do not read through it.
    template <class Scalar>
    [[nodiscard]] const Scalar* first() const {
        return reinterpret_cast<const Scalar*>(memory_.data() + first_);
    }

private:
    std::vector<unsigned char> memory_;
    std::size_t first_;
};

}  // namespace

TEMPLATE_TEST_CASE("a row of any type, stride and alignment keeps and draws what the oracle says", "", float, double,
                   pluck::half, pluck::bfloat16, Eigen::half, Eigen::bfloat16) {
    const u64 rows = strides * scaled(2'500);  // for each sampler
    const tally found =
        compare_samplers(rows, 12, [](u64 number, comparison& compared, splitmix& random, const sampler& own) {
            std::vector<bits_of<TestType>> bits;
            random_scalars<TestType>(bits, compared.scores, 1 + random.below(random.one_in(4) ? 150 : 20), random);
            random_chain(compared.chain, own, compared.scores, 3, 4, random);
            const place from = random_place(random);
            const oracle::result want = oracle::draw(compared.scores, compared.chain, U_of(from), from.seed);
            const question asked{number, compared.scores, compared.chain, U_of(from)};

            const dossiers::chain rules = dossiers::chained(compared.chain);
            const std::ptrdiff_t stride = stride_of(number, bits.size());
            const spread_out memory(bits, stride, number / strides % 17);
            const pluck::logits_view<TestType> view{memory.first<TestType>(), bits.size(), stride};
            pluck::cpu::row row(view, compared.scratch, pluck::randomness(key_of(from)), 0);
            compared.check(asked, want, row, 2);
            check_pick(compared, asked, want, pluck::sample(view, listed(rules), key_of(from)));
        });
    INFO(found.summary());
    CHECK(found.mismatches == 0);
    CHECK(found.rows == rows * dossiers::samplers().size());
}

TEMPLATE_TEST_CASE("a batch_view of any type and strides draws what the oracle says", "", float, double, pluck::half,
                   pluck::bfloat16, Eigen::half, Eigen::bfloat16) {
    // Four rows in each batch. (row_stride, vocab_stride): tight, apart, transposed, from the last row up, one row for
    // all.
    const tally found = compare_samplers(
        5 * scaled(600), 13, [](u64 number, comparison& compared, splitmix& random, const sampler& own) {
            constexpr std::size_t batch = 4;
            const std::size_t vocab = 1 + random.below(40);
            const auto v = static_cast<std::ptrdiff_t>(vocab), b = static_cast<std::ptrdiff_t>(batch);
            const std::ptrdiff_t layouts[5][2] = {{v, 1}, {v + 3, 1}, {1, b}, {-v, 1}, {0, 1}};
            const auto [row_stride, vocab_stride] = layouts[number % 5];

            std::vector<bits_of<TestType>> memory((vocab + 3) * batch,
                                                  static_cast<bits_of<TestType>>(~std::uint64_t{0})),
                bits;
            const std::ptrdiff_t start = row_stride < 0 ? -row_stride * (b - 1) : 0;
            std::vector<float> scores[batch];
            std::vector<place> places;
            std::vector<pluck::key> keys;
            for (std::size_t r = 0; r < batch; ++r) {
                if (r == 0 || row_stride != 0) random_scalars<TestType>(bits, scores[r], vocab, random);
                else scores[r] = scores[0];
                for (std::size_t i = 0; i < vocab; ++i) {
                    const std::ptrdiff_t at = start + static_cast<std::ptrdiff_t>(r) * row_stride +
                                              static_cast<std::ptrdiff_t>(i) * vocab_stride;
                    memory[static_cast<std::size_t>(at)] = bits[i];
                }
                places.push_back(random_place(random));
                keys.push_back(key_of(places[r]));
            }
            random_chain(compared.chain, own, scores[0], 3, 8, random);

            const auto* first = reinterpret_cast<const TestType*>(memory.data() + start);
            const pluck::batch_view<TestType> view{first, batch, vocab, row_stride, vocab_stride};
            pluck::pick picks[batch];
            pluck::sample_rows(view, listed(dossiers::chained(compared.chain)), keys, picks);
            for (std::size_t r = 0; r < batch; ++r) {
                ++compared.found.rows;
                const oracle::result want = oracle::draw(scores[r], compared.chain, U_of(places[r]), places[r].seed);
                check_pick(compared, {number, scores[r], compared.chain, U_of(places[r])}, want, picks[r]);
            }
        });
    INFO(found.summary());
    CHECK(found.mismatches == 0);
}
