// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include <pluck/detail/randomness.hpp>

using pluck::bits128;
using pluck::key;
using pluck::philox4x32;
using pluck::randomness;

TEST_CASE("a draw's bits are philox at position and sequence, under the seed") {
    const key from{.seed = 0x1122334455667788u, .sequence = 0x99aabbccddeeff00u, .position = 0x0123456789abcdefu};
    const bits128 wanted =
        philox4x32({{0x89abcdefu, 0x01234567u, 0xddeeff00u, 0x99aabbccu}}, {{0x55667788u, 0x11223344u}});
    CHECK(randomness(from).base == wanted);
}

TEST_CASE("further bits differ by purpose and index, and are under the seed too") {
    const randomness random(key{.seed = 5, .position = 7});
    const bits128 base = random.base;
    const bits128 wanted = philox4x32({{base.word[0] ^ 3u, base.word[1] ^ 1u, base.word[2], base.word[3]}}, {{5, 0}});
    CHECK(random.bits(1, 3) == wanted);
    CHECK(!(random.bits(1, 3) == random.bits(2, 3)));
    CHECK(!(random.bits(1, 3) == random.bits(1, 4)));
}

TEST_CASE("a generator's bits have further bits under a key of zeros") {
    const bits128 drawn{{1, 2, 3, 4}};
    CHECK(randomness(drawn).base == drawn);
    CHECK(randomness(drawn).bits(1, 8) == philox4x32({{1 ^ 8u, 2 ^ 1u, 3, 4}}, {{0, 0}}));
}
