// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "unit/helpers.hpp"
#include <pluck/detail/error.hpp>

#include <clocale>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <stdexcept>
#include <string>

using pluck::detail::text_of;
using pluck_test::message_of;

TEST_CASE("a rejection names who, which parameter, which range and which value") {
    CHECK(message_of([] { pluck::detail::reject("top_p", "p", "in [0, 1]", 1.5); }) ==
          "pluck::top_p: p must be in [0, 1], got 1.5");
    CHECK(message_of([] { pluck::detail::reject("top_k", "k", ">= 0", -3); }) ==
          "pluck::top_k: k must be >= 0, got -3");
}

TEST_CASE("a rejection is a std::invalid_argument") {
    CHECK_THROWS_AS(pluck::detail::raise("text"), std::invalid_argument);
    CHECK_THROWS_WITH(pluck::detail::raise("text"), "text");
}

TEST_CASE("values are written as the shortest text that reads back as the same value") {
    CHECK(text_of(0.1) == "0.1");
    CHECK(text_of(0.1f) == "0.1");
    CHECK(text_of(1e300) == "1e+300");
    CHECK(text_of(-0.0) == "-0");
    CHECK(text_of(0x1.fffffffffffffp-1) == "0.9999999999999999");
    CHECK(text_of(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
    CHECK(text_of(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
    CHECK(text_of(static_cast<short>(-7)) == "-7");
    CHECK(text_of(static_cast<signed char>(-7)) == "-7");
}

TEST_CASE("values beyond the finite have a text") {
    CHECK(text_of(pluck_test::double_of(0x7ff0000000000000u)) == "inf");
    CHECK(text_of(pluck_test::double_of(0xfff0000000000000u)) == "-inf");
    CHECK(text_of(pluck_test::double_of(0x7ff8000000000000u)) == "nan");
}

TEST_CASE("the longest double fits the buffer") {
    for (const double value :
         {-0x1.fffffffffffffp+1023, -0x1.0000000000001p-1022, -0x1p-1074, -1.2345678901234567e-300}) {
        const std::string text = text_of(value);
        CHECK(std::strtod(text.c_str(), nullptr) == value);
    }
}

TEST_CASE("the text does not follow the locale") {
    const std::string before = std::setlocale(LC_ALL, nullptr);
    for (const char* name : {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE"}) {
        if (std::setlocale(LC_ALL, name) != nullptr) CHECK(text_of(1234.5) == "1234.5");
    }
    std::setlocale(LC_ALL, before.c_str());
    CHECK(text_of(1234.5) == "1234.5");
}
