// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include <pluck/detail/request_faults.hpp>

#include <string>

using pluck::detail::faults;

TEST_CASE("faults stand one after the other, and of many no more than fit a message") {
    faults found;
    CHECK(found.text().empty());
    found.check(true, "top_p", "in [0, 1]", 0.5f);
    found.check(false, "top_p", "in [0, 1]", 1.5f);
    found.check_least("n", 0, 1);
    found.check_ids("stop_token_ids", {3, -1, -2});
    found.check_phrases("bad_words_ids", {{1}, {}, {-1}});
    CHECK(found.text() ==
          "top_p must be in [0, 1], got 1.5; n must be >= 1, got 0; stop_token_ids[1] must be >= 0, got -1; "
          "bad_words_ids[1] must have a token");
    for (int i = 0; i < 1000; ++i) found.add({"one more fault"});
    CHECK(found.text().size() < 4100);
    CHECK(found.text().ends_with("one more fault; and more"));
}

TEST_CASE("ids are below the vocabulary, where that is known") {
    faults any, of_nine(9);
    any.check_ids("ids", {8, 9});
    of_nine.check_ids("ids", {8, 9});
    CHECK(any.text().empty());
    CHECK(of_nine.text() == "ids[1] must be in [0, 9), got 9");
}
