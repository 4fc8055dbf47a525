// SPDX-License-Identifier: MIT
//
// What llama.cpp's samplers make of random rows, for peers_test.cpp. Run by hand: tests/peers/generate.
#include "rows.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <iterator>
#include <limits>
#include <llama.h>
#include <string>
#include <vector>

// Exported for llama.cpp's own tests, in none of its public headers: breakers as tokens, where llama_sampler_init_dry
// has strings and a vocabulary to tokenize them with.
llama_sampler* llama_sampler_init_dry_testing(float multiplier, float base, std::int32_t allowed_length,
                                              std::int32_t last_n,
                                              const std::vector<std::vector<llama_token>>& breakers);

namespace {

using peers::kind;
using peers::row_source;

constexpr float infinity = std::numeric_limits<float>::infinity();

peers::bit_source bits(20261201);

std::uint32_t below(std::uint32_t bound) { return static_cast<std::uint32_t>(bits.next() >> 32) % bound; }
std::int32_t between(std::int32_t least, std::int32_t most) {
    return least + static_cast<std::int32_t>(below(static_cast<std::uint32_t>(most - least + 1)));
}
/// Of 16 bits in [least, most).
float real(float least, float most) { return least + (most - least) * static_cast<float>(below(1 << 16)) * 0x1p-16f; }
template <class T>
T one_of(std::initializer_list<T> choices) {
    return std::data(choices)[below(static_cast<std::uint32_t>(choices.size()))];
}

row_source random_source(std::uint64_t seed) {
    const auto vocab = static_cast<std::uint32_t>(between(24, 160));
    const auto like = static_cast<kind>(seed % static_cast<std::uint64_t>(kind::kinds));
    const std::uint32_t length = one_of({below(2), below(201), below(201), below(41)});
    const std::uint32_t prompt = below(2) == 0 ? length : below(length + 1);
    return {seed, vocab, like, length, prompt, one_of({1u, 2u, 2u, 3u, 3u, 5u, 8u, 24u})};
}

std::string hexadecimal(float x) {
    std::array<char, 9> text{};
    std::snprintf(text.data(), text.size(), "%08x", std::bit_cast<std::uint32_t>(x));
    return text.data();
}
std::string score_text(float x) { return x == -infinity ? "-" : hexadecimal(x); }
std::string joined(const std::vector<llama_token>& sequence) {
    std::string text;
    for (const llama_token token : sequence) text += (text.empty() ? "" : ",") + std::to_string(token);
    return text;
}

enum class compared { scores, kept };

/// The sampler sees the text, then the row; and then `dist`, which takes the softmax.
void write(const char* name, const row_source& source, const std::string& parameters, llama_sampler* sampler,
           compared what = compared::scores) {
    for (const std::int32_t token : source.text()) llama_sampler_accept(sampler, token);
    const std::vector<float> row = source.logits();
    std::vector<llama_token_data> data(row.size());
    for (std::size_t i = 0; i < row.size(); ++i) data[i] = {static_cast<llama_token>(i), row[i], 0.0f};
    llama_token_data_array all{data.data(), data.size(), -1, false};
    llama_sampler_apply(sampler, &all);
    llama_sampler_free(sampler);
    const auto by_id = [](const llama_token_data& a, const llama_token_data& b) { return a.id < b.id; };
    std::sort(all.data, all.data + all.size, by_id);

    std::printf("%s %llu %u %d %u %u %u | %s |", name, static_cast<unsigned long long>(source.seed), source.vocab,
                static_cast<int>(source.like), source.length, source.prompt, source.alphabet, parameters.c_str());
    if (what == compared::kept) std::printf(" =");
    for (std::size_t i = 0; i < all.size; ++i) {
        const auto [token, score, p] = all.data[i];
        if (what == compared::kept) {
            std::printf(" %d", token);
        } else if (score != row[i]) {
            std::printf(" %d:%s", token, score_text(score).c_str());
        }
    }
    std::printf(" |");
    all.sorted = false;
    llama_sampler* dist = llama_sampler_init_dist(1);
    llama_sampler_apply(dist, &all);
    llama_sampler_free(dist);
    std::sort(all.data, all.data + all.size, [](const auto& a, const auto& b) { return a.p > b.p; });
    for (std::size_t i = 0; i < std::min<std::size_t>(3, all.size); ++i)
        std::printf(" %d:%s", all.data[i].id, hexadecimal(all.data[i].p).c_str());
    std::printf("\n");
}

/// A sampler of random parameters, and these.
struct random_sampler {
    std::string parameters;
    llama_sampler* sampler = nullptr;
};

random_sampler penalties(const row_source& source) {
    const std::int32_t last_n = one_of({1, 2, 64, between(1, 250), between(1, 250), between(1, 20)});
    float repeat = 1, frequency = 0, presence = 0;
    if (below(3) > 0) repeat = one_of({1.1f, 1.3f, 0.5f, 2.0f, 100.0f, 0.01f, real(0.1f, 5)});
    if (below(3) > 0) frequency = one_of({0.1f, 0.5f, -0.5f, 2.0f, real(-3, 3)});
    if (below(3) > 0) presence = one_of({0.1f, 1.0f, -1.0f, 50.0f, real(-3, 3)});
    return {
        std::to_string(last_n) + " " + hexadecimal(repeat) + " " + hexadecimal(frequency) + " " + hexadecimal(presence),
        llama_sampler_init_penalties(static_cast<std::int32_t>(source.vocab), last_n, repeat, frequency, presence)};
}

/// Breakers of one token, and of more: that are in the text or not, that overlap and contain each other.
std::vector<std::vector<llama_token>> random_breakers(const row_source& source) {
    std::vector<std::vector<llama_token>> breakers;
    const auto text = source.text();
    for (std::uint32_t n = one_of({0u, 0u, 0u, 1u, 2u, 4u}); n > 0; --n) {
        std::vector<llama_token> breaker;
        const std::uint32_t length = one_of({1u, 1u, 2u, 3u, 4u});
        const std::uint32_t from = below(source.length + 1);
        for (std::uint32_t i = from; i < from + length; ++i) {
            const bool copied = i < text.size() && below(8) > 0;
            breaker.push_back(copied ? text[i] : static_cast<llama_token>(below(source.vocab)));
        }
        breakers.push_back(breaker);
    }
    return breakers;
}

random_sampler dry(const row_source& source) {
    const float multiplier = one_of({0.8f, 0.8f, 2.0f, -0.5f, real(0, 4)});
    const float base = one_of({1.75f, 1.75f, 1.0f, 1.1f, 3.0f, real(1, 4)});
    std::int32_t allowed = one_of({1, 1, 1, 2, 2, 3, between(1, 10)});
    std::int32_t last_n = one_of({256, 64, between(1, 250), between(1, 30), between(1, 30)});
    auto breakers = random_breakers(source);
    const auto text = source.text();
    std::size_t run = 0;  // how often the last token is there in a row
    while (run < text.size() && text[text.size() - 1 - run] == text.back()) ++run;
    if (run >= 3 && run < text.size() && below(2) == 0) {  // a breaker that is in the last_n tokens but for its first
        allowed = 1;
        last_n = static_cast<std::int32_t>(run);
        breakers = {{text[text.size() - 1 - run], text.back(), text.back()}};
    }
    std::string parameters = hexadecimal(multiplier) + " " + hexadecimal(base) + " " + std::to_string(allowed) + " " +
                             std::to_string(last_n);
    for (const auto& breaker : breakers) parameters += " " + joined(breaker);
    return {parameters, llama_sampler_init_dry_testing(multiplier, base, allowed, last_n, breakers)};
}

/// Ids may occur twice.
random_sampler logit_bias(const row_source& source) {
    std::vector<llama_logit_bias> biases;
    std::string parameters;
    for (std::uint32_t n = one_of({0u, 1u, 5u, below(40)}); n > 0; --n) {
        const float bias = one_of({real(-8, 8), real(-8, 8), 0.0f, -100.0f, 100.0f, -infinity});
        biases.push_back({static_cast<llama_token>(below(source.vocab)), bias});
        parameters += (parameters.empty() ? "" : " ") + std::to_string(biases.back().token) + ":" + score_text(bias);
    }
    return {parameters, llama_sampler_init_logit_bias(static_cast<std::int32_t>(source.vocab),
                                                      static_cast<std::int32_t>(biases.size()), biases.data())};
}

/// All of them, and the cuts, in the order of llama.cpp's tools.
random_sampler all(const row_source& source) {
    random_sampler chain{"", llama_sampler_chain_init(llama_sampler_chain_default_params())};
    for (const auto& make : {logit_bias, penalties, dry}) {
        const random_sampler one = make(source);
        chain.parameters += one.parameters + " ; ";
        llama_sampler_chain_add(chain.sampler, one.sampler);
    }
    const std::int32_t k = one_of({5, 20, 40});
    const float p = real(0.5f, 1), m = real(0, 0.1f), temperature = real(0.4f, 1.5f);
    llama_sampler_chain_add(chain.sampler, llama_sampler_init_top_k(k));
    llama_sampler_chain_add(chain.sampler, llama_sampler_init_top_p(p, 0));
    llama_sampler_chain_add(chain.sampler, llama_sampler_init_min_p(m, 0));
    llama_sampler_chain_add(chain.sampler, llama_sampler_init_temp(temperature));
    chain.parameters +=
        std::to_string(k) + " ; " + hexadecimal(p) + " ; " + hexadecimal(m) + " ; " + hexadecimal(temperature);
    return chain;
}

}  // namespace

int main(int count, char** arguments) {
    llama_log_set([](ggml_log_level, const char*, void*) {}, nullptr);
    std::printf(
        "# What llama.cpp's samplers make of random rows: libllama of llama-cpp-python %s.\n"
        "# Written by tests/peers/generate llama. A line: a sampler; seed, vocabulary, kind, length of the text, of "
        "its\n"
        "# prompt, alphabet (rows.hpp makes the row and the text of these); the sampler's parameters; the scores that "
        "it\n"
        "# moves, as bits of floats, - for -infinity, or after = the tokens that it keeps; its three largest\n"
        "# probabilities. `all` is a chain, whose parameters are separated by semicolons.\n",
        count > 1 ? arguments[1] : "?");
    std::uint64_t seed = 0;
    const auto write_cases = [&seed](const char* name, int cases, random_sampler (*make)(const row_source&)) {
        for (; cases > 0; --cases) {
            const row_source source = random_source(++seed);
            const random_sampler made = make(source);
            write(name, source, made.parameters, made.sampler);
        }
    };
    write_cases("penalties", 200, penalties);
    write_cases("dry", 600, dry);
    write_cases("logit_bias", 120, logit_bias);
    for (int i = 0; i < 100; ++i) {
        row_source source = random_source(++seed);
        source.like = kind::fine;  // top-k takes any of equal tokens
        const random_sampler made = all(source);
        write("all", source, made.parameters, made.sampler, compared::kept);
    }
}
