// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include <pluck/detail/config.hpp>

#include <string>
#include <string_view>

#if !defined(PLUCK_HOST_DEVICE) || !defined(PLUCK_ON_DEVICE) || !defined(PLUCK_ALWAYS_INLINE) ||                   \
    !defined(PLUCK_HARDWARE_FMA) || !defined(PLUCK_EXCEPTIONS) || !defined(PLUCK_BUILD) || !defined(PLUCK_NVCC) || \
    !defined(PLUCK_RELOCATABLE) || !defined(PLUCK_ANY_ROW) || !defined(PLUCK_DEVICE_CLUSTERS) ||                   \
    !defined(PLUCK_DEVICE_CALL) || !defined(PLUCK_COMPILED) || !defined(PLUCK_SHARED) || !defined(PLUCK_EXPORT)
#error "every macro of config.hpp is always defined"
#endif

namespace {

#define PLUCK_TEST_TEXT_(x) #x
#define PLUCK_TEST_TEXT(x) PLUCK_TEST_TEXT_(x)
constexpr std::string_view build = PLUCK_TEST_TEXT(PLUCK_BUILD);
#if PLUCK_COMPILED
constexpr std::string_view way = "linked_for_";
#else
constexpr std::string_view way = "built_for_";
#endif

PLUCK_HOST_DEVICE
PLUCK_ALWAYS_INLINE int forty_two() { return 42; }

PLUCK_ANY_ROW
template <class Row>
PLUCK_HOST_DEVICE PLUCK_DEVICE_CALL int answer_of(const Row& row) {
    return row();
}

}  // namespace

TEST_CASE("host code is not device code") {
    STATIC_REQUIRE(PLUCK_NVCC == 0);
    STATIC_REQUIRE(PLUCK_ON_DEVICE == 0);
    STATIC_REQUIRE(PLUCK_DEVICE_CLUSTERS == 0);
    CHECK(forty_two() == 42);
    CHECK(answer_of([] { return forty_two(); }) == 42);
}

TEST_CASE("a fused multiply-add counts as an instruction only where the target has one") {
#if defined(__FMA__) || defined(__aarch64__)
    STATIC_REQUIRE(PLUCK_HARDWARE_FMA == 1);
#elif defined(__x86_64__)
    STATIC_REQUIRE(PLUCK_HARDWARE_FMA == 0);
#endif
}

TEST_CASE("exceptions are on in these tests") { STATIC_REQUIRE(PLUCK_EXCEPTIONS == 1); }

TEST_CASE("the build is named after the instruction set of its translation unit") {
#if defined(__AVX512F__) && defined(__AVX512VL__) && defined(__AVX512BW__) && defined(__AVX512DQ__)
    CHECK(build == std::string(way) + "avx512");
#elif defined(__AVX512F__)
    CHECK(build == std::string(way) + "avx512f");
#elif defined(__AVX2__) && defined(__FMA__)
    CHECK(build == std::string(way) + "avx2_and_fma");
#elif defined(__x86_64__) && !defined(__FMA__) && !defined(__SSE4_1__)
    CHECK(build == std::string(way) + "any");
#else
    CHECK(build.starts_with(way));
#endif
}
