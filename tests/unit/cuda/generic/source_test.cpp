// SPDX-License-Identifier: MIT
#include "cuda/support/host_team.hpp"
#include "support/catch.hpp"
#include "unit/helpers.hpp"
#include <pluck/cuda/generic/memory.cuh>
#include <pluck/cuda/generic/source.cuh>
#include <pluck/cuda/geometry.cuh>
#include <pluck/detail/ranking.hpp>
#include <pluck/detail/scalar.hpp>

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

using namespace pluck_test;
using pluck::bfloat16, pluck::half;
using pluck::cuda::geometry, pluck::cuda::geometry_of, pluck::cuda::held, pluck::cuda::quad, pluck::cuda::scores;
using pluck::cuda::slice_view, pluck::cuda::streamed;

namespace {

using team = host_team<host_team_shape<4, 1>>;

template <class Scalar>
Scalar numbered(std::size_t i) {  // a number that all three types can hold
    const auto value = static_cast<float>(i % 128);
    if constexpr (std::same_as<Scalar, float>) return value;
    else if constexpr (std::same_as<Scalar, bfloat16>) return {static_cast<std::uint16_t>(bits_of(value) >> 16)};
    else return {static_cast<std::uint16_t>(i % 128 == 0 ? 0 : (bits_of(value) >> 13) - (112u << 10))};
}

/// All quads of a source, as a block reads them: those of the slice, and -infinity outside of it.
template <class Source>
void check_quads(tally& seen, const Source& source, const geometry& shape, std::size_t first, bool kept) {
    const auto& slice = source.slice;
    for (std::uint32_t position = 0; position < shape.positions(team::lanes); position += quad) {
        const scores some = kept ? source.at(position) : source.keep(position, source.fetch(position));
        for (std::uint32_t i = 0; i < quad; ++i) {
            const bool inside = position + i >= slice.pad && position + i < slice.pad + slice.size;
            const std::uint32_t want =
                inside ? bits_of(static_cast<float>((first + position + i - slice.pad) % 128)) : bits::minus_infinity;
            seen.expect(bits_of(some.of[i]) == want, "position ", position + i, " of ", slice.size, ", pad ", slice.pad,
                        ": ", some.of[i]);
        }
    }
}

/// Every alignment, in memory of exactly the row's size: the address sanitizer sees a read outside of it.
template <class Scalar, class Stored>
void check_types() {
    tally seen;
    for (std::size_t offset = 0; offset < quad; ++offset) {
        for (const std::uint32_t vocab : {1u, 2u, 3u, 4u, 5u, 8u, 63u, 64u, 65u, 130u, 200u}) {
            std::vector<Scalar> row(offset + vocab);
            for (std::size_t i = 0; i < row.size(); ++i) row[i] = numbered<Scalar>(i);
            const geometry shape = geometry_of(vocab, 2, false, 4, 128);
            for (std::uint32_t block = 0; block < 2; ++block) {
                const auto slice = slice_view<Scalar>::of(row.data() + offset, shape, block);
                const std::size_t first = offset + static_cast<std::size_t>(slice.first);
                const std::size_t begin = pluck::cuda::memory_map<team>(shape).slice;
                const std::size_t bytes = begin + held<Scalar, Stored>::bytes(shape, team::lanes);
                struct alignas(16) unit {
                    unsigned char byte[16];
                };
                std::vector<unit> memory(bytes / 16 + 2);
                std::memset(memory.data(), 0xa5, memory.size() * 16);
                auto* room = reinterpret_cast<std::byte*>(memory.data());
                auto* shared = new (room) pluck::cuda::row_memory<team>;
                shared->begin(shape, slice, nullptr);
                check_quads(seen, streamed<Scalar>(*shared, room), shape, first, true);
                const held<Scalar, Stored> own(*shared, room);
                check_quads(seen, own, shape, first, false);
                check_quads(seen, own, shape, first, true);
                for (std::uint32_t i = 0; i < slice.size; ++i)
                    seen.expect(own.one(slice.pad + i) == static_cast<float>((first + i) % 128), "token ", i);
                const auto* after = reinterpret_cast<const unsigned char*>(memory.data()) + bytes;
                seen.expect(after[0] == 0xa5 && after[15] == 0xa5, "wrote past ", bytes, " bytes");
            }
        }
    }
    PLUCK_CHECK_TALLY(seen);
}

}  // namespace

TEST_CASE("floats are read as they are, at any alignment, and nothing beside them") { check_types<float, float>(); }
TEST_CASE("half is read exactly, whether it is kept as half or as float") {
    check_types<half, half>();
    check_types<half, float>();
}
TEST_CASE("bfloat16 is read exactly, whether it is kept as bfloat16 or as float") {
    check_types<bfloat16, bfloat16>();
    check_types<bfloat16, float>();
}

TEST_CASE("what is forbidden is -infinity in every type") {
    using pluck::cuda::forbidden_logit;
    CHECK(bits_of(forbidden_logit<float>()) == bits::minus_infinity);
    CHECK(bits_of(pluck::scalar_traits<half>::widen(forbidden_logit<half>())) == bits::minus_infinity);
    CHECK(bits_of(pluck::scalar_traits<bfloat16>::widen(forbidden_logit<bfloat16>())) == bits::minus_infinity);
}

TEST_CASE("scores that are kept as float can be set") {
    STATIC_REQUIRE(held<half, float>::writable);
    STATIC_REQUIRE_FALSE(held<half, half>::writable);
    STATIC_REQUIRE_FALSE(streamed<float>::writable);
    std::vector<float> row(40);
    row[2] = 3.0f;
    const geometry shape = geometry_of(40, 1, false, team::lanes, team::list);
    const std::size_t bytes =
        pluck::cuda::memory_map<team>(shape).slice + held<float, float>::bytes(shape, team::lanes);
    struct alignas(16) unit {
        unsigned char byte[16];
    };
    std::vector<unit> memory(bytes / 16 + 1);
    auto* room = reinterpret_cast<std::byte*>(memory.data());
    auto* shared = new (room) pluck::cuda::row_memory<team>;
    shared->begin(shape, slice_view<float>::of(row.data(), shape, 0), nullptr);
    const held<float, float> own(*shared, room);
    for (std::uint32_t position = 0; position < shape.positions(team::lanes); position += quad)
        (void)own.keep(position, own.fetch(position));
    const std::uint32_t pad = own.slice.pad;
    own.set(pad + 2, 7.5f);
    CHECK(own.one(pad + 2) == 7.5f);
    CHECK(own.at((pad + 2) / quad * quad).of[(pad + 2) % quad] == 7.5f);
    CHECK(row[2] == 3.0f);
}
