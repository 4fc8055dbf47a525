// SPDX-License-Identifier: MIT
//
// Catch2, whichever of 2.13 and 3 is installed. Tests include this header only, and write the names of Catch2 3:
// `Approx`, and in `Catch::Matchers` `ContainsSubstring`, `StartsWith`, `EndsWith`, `Equals`, `Message`, `WithinAbs`,
// `WithinRel`, `WithinULP`. `SKIP` is not here, since 2.13 has none.
#pragma once

#if __has_include(<catch2/catch_test_macros.hpp>)

#include <catch2/catch_approx.hpp>
#include <catch2/catch_message.hpp>
#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/catch_tostring.hpp>
#include <catch2/generators/catch_generators_all.hpp>
#include <catch2/matchers/catch_matchers_all.hpp>

using Catch::Approx;

#else

#include <catch2/catch.hpp>

#include <string>

namespace Catch::Matchers {

inline StdString::ContainsMatcher ContainsSubstring(const std::string& text) { return Contains(text); }

}  // namespace Catch::Matchers

#endif
