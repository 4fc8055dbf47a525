// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "unit/helpers.hpp"
#include <pluck/cuda/geometry.cuh>
#include <pluck/detail/mass.hpp>
#include <pluck/row/concept.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

using namespace pluck_test;
using pluck::cuda::geometry, pluck::cuda::geometry_of, pluck::cuda::slice_view;

namespace {

constexpr std::uint32_t lengths[] = {1,    2,     63,    64,    65,     127,    128,    129,      1000,
                                     4097, 32000, 50257, 65536, 128256, 151936, 262144, 1u << 20, 1u << 23};

}  // namespace

TEST_CASE("the blocks of a row cover it with whole blocks of the envelope, each but the last with a full slice") {
    tally seen;
    for (const std::uint32_t vocab : lengths) {
        for (const std::uint32_t blocks : {1u, 2u, 3u, 4u, 8u, 16u}) {
            const geometry shape = geometry_of(vocab, blocks, true, 32, 2048);
            seen.expect(shape.vocab == vocab && shape.blocks == blocks, "vocab ", vocab, " blocks ", blocks);
            seen.expect(shape.slice % pluck::envelope_block == 0, "a slice of ", shape.slice);
            seen.expect(std::uint64_t{shape.slice} * blocks >= vocab, vocab, " tokens in slices of ", shape.slice);
            seen.expect(std::uint64_t{shape.slice} * blocks < vocab + std::uint64_t{blocks} * 2 * pluck::envelope_block,
                        "a slice of ", shape.slice);
        }
    }
    PLUCK_CHECK_TALLY(seen);
}

TEST_CASE("the strips of a block cover its slice, wherever it starts, and there are not too many") {
    tally seen;
    for (const std::uint32_t vocab : lengths) {
        for (const std::uint32_t blocks : {1u, 2u, 3u, 4u, 8u, 16u}) {
            for (const std::uint32_t lanes : {2u, 4u, 32u}) {
                for (const bool aligned : {true, false}) {
                    const geometry shape = geometry_of(vocab, blocks, aligned, lanes, 2048);
                    const std::uint64_t positions = std::uint64_t{shape.slice} + (aligned ? 0 : pluck::cuda::quad - 1);
                    const std::uint64_t strip = std::uint64_t{lanes} * pluck::cuda::quad * shape.strip_quads;
                    seen.expect(shape.strips * strip >= positions, "vocab ", vocab, " blocks ", blocks, " lanes ",
                                lanes);
                    seen.expect((shape.strips - 1) * strip < positions, "an empty strip: vocab ", vocab);
                    seen.expect(shape.strips * blocks <= pluck::cuda::max_strips, "strips of vocab ", vocab);
                    seen.expect(shape.head >= 1 && shape.head <= shape.strips * blocks, "a head of ", shape.head);
                }
            }
        }
    }
    PLUCK_CHECK_TALLY(seen);
}

TEST_CASE("slices follow one another, and start where a quad is one load") {
    const std::vector<float> row(5003);
    tally seen;
    for (const std::uint32_t vocab : {1u, 65u, 700u, 5000u}) {
        for (const std::uint32_t blocks : {1u, 2u, 3u, 4u}) {
            for (std::size_t offset = 0; offset < 4 && offset + vocab <= row.size(); ++offset) {
                const geometry shape = geometry_of(vocab, blocks, false, 4, 128);
                std::uint32_t next = 0;
                for (std::uint32_t block = 0; block < blocks; ++block) {
                    const auto slice = slice_view<float>::of(row.data() + offset, shape, block);
                    seen.expect(slice.first == static_cast<std::int32_t>(next), "block ", block, " begins at ",
                                slice.first);
                    seen.expect(slice.pad < pluck::cuda::quad, "a pad of ", slice.pad);
                    seen.expect(reinterpret_cast<std::uintptr_t>(slice.quads) % 16 == 0, "offset ", offset);
                    seen.expect(slice.quads + slice.pad == row.data() + offset + next, "block ", block);
                    seen.expect(slice.size <= shape.slice, "a slice of ", slice.size);
                    next += slice.size;
                }
                seen.expect(next == vocab, next, " of ", vocab, " tokens");
            }
        }
    }
    PLUCK_CHECK_TALLY(seen);
}

TEST_CASE("more blocks than a short row has blocks of the envelope leave some without tokens") {
    const float row[70] = {};
    const geometry shape = geometry_of(70, 4, false, 32, 2048);
    CHECK(shape.slice == 64);
    CHECK(slice_view<float>::of(row, shape, 0).size == 64);
    CHECK(slice_view<float>::of(row, shape, 1).size == 6);
    CHECK(slice_view<float>::of(row, shape, 2).size == 0);
    CHECK(slice_view<float>::of(row, shape, 3).size == 0);
}
