// SPDX-License-Identifier: MIT
//
// Shows:       what a server does: eight requests, each with settings, an order of stages and a text of its own, drawn
//              in one batch; and the log-probability of each token, of what its chain kept.
// Leaves out:  reading a request from JSON (<pluck/json.hpp>), threads (<pluck/thread_pool.hpp>), and a real model:
//              here one has counted which letter follows which three in a passage of Hamlet.
// Next:        docs/compatibility.md says what each engine's order does.

#include "model/hamlet.hpp"
#include "support/picture.hpp"
#include <pluck/make_chain.hpp>
#include <pluck/pluck.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr int n_tokens = 48;

/// A letter is the likelier, the more often it has followed the last one, two and three letters.
class counting_model {
public:
    explicit counting_model(const std::vector<std::int32_t>& text, std::size_t vocab) : text_(text), vocab_(vocab) {}

    [[nodiscard]] std::vector<float> logits(std::span<const std::int32_t> tokens) const {
        std::vector<int> counts(vocab_, 1);
        for (std::size_t next = 3; next < text_.size(); ++next) {
            int weight = 1;
            for (std::size_t back = 1; back <= 3 && back <= tokens.size(); ++back) {
                if (text_[next - back] != tokens[tokens.size() - back]) break;
                weight *= 30;
            }
            counts[static_cast<std::size_t>(text_[next])] += weight - 1;
        }
        std::vector<float> logits;
        for (const int count : counts) logits.push_back(static_cast<float>(std::log(static_cast<double>(count))));
        return logits;
    }

private:
    std::vector<std::int32_t> text_;
    std::size_t vocab_;
};

// [readme]
/// A request that is being answered. It may be moved, since its chain looks at what the text keeps; a copy's chain
/// would look at the other's text. Whose request has no seed gets the server's.
struct running {
    pluck::sequence text;
    pluck::dynamic_chain chain;

    running(std::span<const std::int32_t> prompt, const pluck::sampling_params& request, pluck::order rules,
            std::uint64_t seed)
        : text(prompt, pluck::options_of(request, {.seed = seed})), chain(pluck::make_chain(request, text, rules)) {}
    running(running&&) = default;
    running& operator=(running&&) = default;
};

/// Draws the next token of each, whatever their requests, in one call; returns the tokens' log-probabilities.
template <class Batch>
std::vector<float> step(const Batch& logits, std::vector<running>& all) {
    std::vector<pluck::dynamic_chain> chains;
    std::vector<pluck::key> keys;
    for (const running& each : all) {
        chains.push_back(each.chain);
        keys.push_back(each.text.key());
    }
    std::vector<std::int32_t> tokens(all.size());
    std::vector<float> log_probabilities(all.size());
    pluck::sample_rows(logits, chains, pluck::keys{.whole = keys.data()},
                       pluck::results{.token = tokens.data(), .log_probability = log_probabilities.data()});
    for (std::size_t i = 0; i < all.size(); ++i)
        if (tokens[i] >= 0) all[i].text.accept(tokens[i]);
    return log_probabilities;
}
// [readme]

std::string rounded(double log_probability) {
    const std::string text = picture::number(log_probability);
    return text == "-0.00" ? "0.00" : text;
}

struct named_request {
    std::string_view name;
    pluck::order rules;
    pluck::sampling_params request;
};

std::vector<named_request> requests(const model::alphabet& letters) {
    using pluck::order;
    pluck::sampling_params llama = pluck::defaults(order::llama_cpp);
    llama.seed = 3;
    pluck::sampling_params without_e{.temperature = 0.8f, .seed = 8};
    without_e.logit_bias[letters.encode("e")[0]] = -std::numeric_limits<float>::infinity();
    return {
        {"the best token", order::vllm, {.temperature = 0}},
        {"OpenAI: T 0.7, p 0.9", order::vllm, {.temperature = 0.7f, .top_p = 0.9f, .seed = 2}},
        {"llama.cpp's defaults", order::llama_cpp, llama},
        {"T 1.6, min-p 0.05", order::exllama, {.temperature = 1.6f, .min_p = 0.05f, .seed = 4}},
        {"frequency penalty 0.7", order::vllm, {.temperature = 0.8f, .frequency_penalty = 0.7f, .seed = 5}},
        {"no 4-gram twice", order::hugging_face, {.temperature = 0, .no_repeat_ngram_size = 4}},
        {"dry 2", order::llama_cpp, {.temperature = 0, .dry_multiplier = 2, .dry_allowed_length = 4}},
        {"never an e", order::mlx_lm, without_e},
    };
}

}  // namespace

int main() {
    const model::alphabet letters(model::hamlet_passage);
    const counting_model counted(letters.encode(model::hamlet_passage), static_cast<std::size_t>(letters.size()));
    const std::vector<std::int32_t> prompt = letters.encode("To be ");

    const std::vector<named_request> asked = requests(letters);
    std::vector<running> all;
    for (const named_request& each : asked) all.emplace_back(prompt, each.request, each.rules, 0);

    std::vector<std::vector<float>> said(all.size());  // the log-probabilities of each text's tokens
    for (int i = 0; i < n_tokens; ++i) {
        std::vector<std::vector<float>> batch;
        for (const running& each : all) batch.push_back(counted.logits(each.text.tokens()));
        const std::vector<float> log_probabilities = step(batch, all);
        for (std::size_t row = 0; row < all.size(); ++row) said[row].push_back(log_probabilities[row]);
    }

    picture::heading("Eight requests, one batch: \"To be \" goes on");
    picture::table texts({{"request", picture::align::left}, {"text", picture::align::left}, {"mean log p"}});
    const auto generated = [&](const running& each) {
        const auto tokens = each.text.tokens().subspan(each.text.prompt_size());
        return letters.decode(std::vector<int>(tokens.begin(), tokens.end()));
    };
    for (std::size_t row = 0; row < all.size(); ++row) {
        double sum = 0;
        for (const float each : said[row]) sum += static_cast<double>(each);
        texts.row({std::string(asked[row].name), generated(all[row]), rounded(sum / n_tokens)});
    }
    texts.print();

    picture::heading("The log-probabilities of the first eight letters, each of what its chain kept");
    picture::table first({{"request", picture::align::left}, {}, {}, {}, {}, {}, {}, {}, {}});
    for (std::size_t row = 0; row < all.size(); ++row) {
        std::vector<std::string> cells = {std::string(asked[row].name)};
        const std::string text = generated(all[row]);
        for (std::size_t i = 0; i < 8; ++i) {
            const std::string letter = text[i] == ' ' ? "_" : text.substr(i, 1);
            cells.push_back(letter + ' ' + rounded(static_cast<double>(said[row][i])));
        }
        first.row(cells);
    }
    first.print();
}
