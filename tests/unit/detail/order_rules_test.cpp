// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include <pluck/detail/order_rules.hpp>

#include <cstddef>
#include <set>

using pluck::order;

TEST_CASE("every order has each adjuster and each cut once") {
    for (const order of :
         {order::llama_cpp, order::hugging_face, order::vllm, order::sglang, order::tensorrt_llm, order::mlx_lm,
          order::exllama, order::text_generation_webui, order::koboldcpp, order::aphrodite}) {
        INFO("order " << static_cast<int>(of));
        const auto rules = pluck::detail::rules_of(of);
        const std::set<pluck::detail::adjust_step> adjusters(rules.adjusters.begin(), rules.adjusters.end());
        CHECK(adjusters.size() == static_cast<std::size_t>(pluck::detail::adjust_step::count));
        CHECK(adjusters.count(pluck::detail::adjust_step::count) == 0);
        const std::set<pluck::detail::cut_step> cuts(rules.cuts.begin(), rules.cuts.end());
        CHECK(cuts.size() == static_cast<std::size_t>(pluck::detail::cut_step::count));
        CHECK(cuts.count(pluck::detail::cut_step::count) == 0);
    }
}
