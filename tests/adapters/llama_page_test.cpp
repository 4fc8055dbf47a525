// SPDX-License-Identifier: MIT
//
// docs/llama_cpp.md: its code does what the page says. Also another translation unit beside llama_cpp_test.cpp.
#include "adapters/llama_page.hpp"

#include "adapters/llama_model.hpp"
#include "support/catch.hpp"
#include <pluck/adapters/llama_cpp.hpp>

#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

using llama_test::the_model;

namespace {

std::string file(const char* path) {
    std::ifstream in(std::string(PLUCK_SOURCE_DIR) + "/" + path);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// What stands between two lines with the mark, without their indentation.
std::string between(const std::string& text, const std::string& mark) {
    const std::size_t first = text.find("// [" + mark + "]\n");
    REQUIRE(first != std::string::npos);
    const std::size_t line = text.rfind('\n', first) + 1;
    const std::string indent = text.substr(line, first - line);
    const std::size_t begin = text.find('\n', first) + 1;
    const std::size_t end = text.find(indent + "// [" + mark + "]\n", begin);
    REQUIRE(end != std::string::npos);
    std::string all;
    for (std::size_t at = begin; at < end;) {
        const std::size_t next = text.find('\n', at) + 1;
        std::string one = text.substr(at, next - at);
        if (one.compare(0, indent.size(), indent) == 0) one.erase(0, indent.size());
        all += one;
        at = next;
    }
    return all;
}

}  // namespace

TEST_CASE("docs/llama_cpp.md shows the code that is tested") {
    const std::string code = file("tests/adapters/llama_page.hpp");
    const std::string page = file("docs/llama_cpp.md");
    for (const char* mark : {"page", "loop", "prompt"}) {
        const std::string shown = between(code, mark);
        INFO("docs/llama_cpp.md should have:\n" << shown);
        CHECK(page.find("```cpp\n" + shown + "```\n") != std::string::npos);
    }
}

TEST_CASE("the loop of docs/llama_cpp.md and its chain write the same text") {
    auto& model = the_model();
    const std::vector<llama_token> prompt{1, 60, 61, 62};
    model.start({});
    const std::vector<llama_token> all = generate(model.context(), prompt, 30);
    REQUIRE(all.size() == 34);

    const pluck::sampling_params request{.temperature = 0.8f, .top_p = 0.95f, .repetition_penalty = 1.1f};
    llama_sampler* const chain = sampler_of(model.model(), request, 42);
    read_prompt(chain, prompt);
    model.start(prompt);
    std::vector<llama_token> text = prompt;
    for (int i = 0; i < 30; ++i) {
        text.push_back(llama_sampler_sample(chain, model.context(), -1));
        model.go_on({text.back()});
    }
    CHECK(text == all);
    CHECK(pluck::llama_cpp::status_of(llama_sampler_chain_get(chain, 0)) == pluck::status::ok);
    llama_sampler_free(chain);
}
