// SPDX-License-Identifier: MIT
//
// The umbrella, and the three lines that every user writes first.
#include "support/catch.hpp"
#include <pluck/pluck.hpp>

#include <vector>

TEST_CASE("the umbrella has all that the first example needs") {
    const Eigen::VectorXf logits = Eigen::VectorXf::LinSpaced(100, -2, 2);
    const auto chain = pluck::temperature(0.8f) | pluck::top_k(50) | pluck::top_p(0.9f);
    const pluck::pick next = pluck::sample(logits, chain, {.seed = 42, .sequence = 0, .position = 7});
    REQUIRE(next);
    CHECK(next.token >= 50);
    CHECK(next.token < 100);
    CHECK(pluck::argmax(logits).token == 99);
    CHECK(pluck::probabilities(logits, chain).sum() == Approx(1));
    CHECK(pluck::entropy(logits, chain) > 0);
    CHECK(pluck::version_major >= 0);
}

TEST_CASE("names of the library do not need using directives, and do not collide with a user's own") {
    const std::vector<float> row = {1, 2};
    const pluck::key key{.seed = 1};
    const pluck::status status = pluck::sample(row, pluck::chain{}, key).status;
    CHECK(status == pluck::status::ok);
}
