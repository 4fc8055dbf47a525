// SPDX-License-Identifier: MIT
//
// The loop: read, draw, accept. What every mode of the engine is made of.
#pragma once

#include "model.hpp"
#include "options.hpp"
#include <pluck/adapters/llama_cpp.hpp>
#include <pluck/make_chain.hpp>
#include <pluck/pluck.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace engine {

/// Set by the first Ctrl-C, which ends the text; the second one ends the program.
inline std::atomic<bool> interrupted = false;
static_assert(std::atomic<bool>::is_always_lock_free);

inline void catch_interrupts() {
    struct sigaction how {};
    how.sa_handler = [](int) { interrupted = true; };
    how.sa_flags = static_cast<int>(SA_RESETHAND);
    sigaction(SIGINT, &how, nullptr);
}

/// A request that is being answered: its text, and the chain that draws for it. It may be moved, not copied: the chain
/// looks at what the text keeps.
struct running {
    pluck::sequence text;
    pluck::dynamic_chain chain;
    std::vector<std::int32_t> ends{}, stops{};  // tokens of the model, and of the request

    running(const model& of, std::span<const std::int32_t> prompt, pluck::sampling_params request, std::uint64_t seed)
        : text(prompt, pluck::options_of(request, {.seed = seed})) {
        if (request.eos_token_ids.empty()) request.eos_token_ids = of.ends();
        chain = pluck::make_chain(request, text, rules, of.size());
        stops = request.stop_token_ids;
        if (!request.ignore_eos) ends = request.eos_token_ids;
    }
    running(running&&) = default;
    running& operator=(running&&) = default;

    [[nodiscard]] bool is_stop(std::int32_t token) const {
        return std::find(stops.begin(), stops.end(), token) != stops.end();
    }
    [[nodiscard]] bool is_end(std::int32_t token) const {
        return is_stop(token) || std::find(ends.begin(), ends.end(), token) != ends.end();
    }
};

using clock = std::chrono::steady_clock;
inline double microseconds_since(clock::time_point begin) {
    return std::chrono::duration<double, std::micro>(clock::now() - begin).count();
}

/// Microseconds: of the prompt, and of each token but the first, which finds everything cold.
struct times {
    double prompt = 0;
    std::vector<double> forward{};
    std::vector<double> sampling{};
};

struct quartiles {
    double low = 0;
    double median = 0;
    double high = 0;
};
inline quartiles quartiles_of(std::vector<double> values) {
    if (values.empty()) return {};
    std::sort(values.begin(), values.end());
    const auto at = [&](double part) {
        return values[static_cast<std::size_t>(part * double(values.size() - 1) + 0.5)];
    };
    return {at(0.25), at(0.5), at(0.75)};
}

enum class ending { length, context_full, end_token, stop_token, stopped, cancelled };

/// Ctrl-C before all was done that was asked for. What has been done until then is shown.
struct cancelled : std::runtime_error {
    using std::runtime_error::runtime_error;
};

[[noreturn]] inline void fail(pluck::status why) {
    throw std::runtime_error("no token can be drawn: " + std::string(pluck::to_string(why)));
}

/// Writes at most n tokens. `each` hears of a token before the text has it, and ends the text by returning false; what
/// is said of the draw, if anything is asked, stands in `said` then.
template <class Each>
ending generate(context& engine, running& one, int n, times& took, pluck::report* said, const Each& each) {
    while (n-- > 0) {
        const auto begin = clock::now();
        if (interrupted || !engine.read(one.text.tokens())) return ending::cancelled;
        const double forward = microseconds_since(begin);

        const auto drawing = clock::now();
        const pluck::key key = one.text.key();
        const pluck::pick next = said != nullptr ? pluck::llama_cpp::sample(engine.get(), -1, one.chain, key, *said)
                                                 : pluck::llama_cpp::sample(engine.get(), -1, one.chain, key);
        const double sampling = microseconds_since(drawing);
        if (one.text.generated() == 0) took.prompt = forward;
        else took.forward.push_back(forward), took.sampling.push_back(sampling);

        if (!next) fail(next.status);
        if (one.is_stop(next.token)) return ending::stop_token;
        if (one.is_end(next.token)) return ending::end_token;
        const bool goes_on = each(next.token);
        one.text.accept(next.token);
        if (!goes_on) return ending::stopped;
    }
    return ending::length;
}

/// By which rows of logits are told apart, to the bit.
inline std::uint64_t hash_of(const pluck::logits_view<float>& logits) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (std::size_t i = 0; i < logits.size; ++i) {
        std::uint32_t bits = 0;
        std::memcpy(&bits, logits.data + i, sizeof bits);
        hash = (hash ^ bits) * 0x100000001b3;
    }
    return hash;
}

inline std::uint64_t seed_of(const pluck::sampling_params& request) {
    if (request.seed) return *request.seed;
    std::random_device any;
    return any();  // 32 bits are enough to be typed in again
}

/// What the model is to go on with.
inline std::vector<std::int32_t> prompt_tokens(const model& of, const options& given, const std::string& otherwise) {
    std::vector<message> messages = given.messages;
    const std::string prompt = given.prompt.value_or(otherwise);
    if (!given.system.empty() && !of.has_chat_template())
        throw usage_error("--system-prompt needs a model with a chat template, and " + of.name() + " has none");
    if (messages.empty() && (given.raw || !of.has_chat_template())) return of.tokens(prompt);
    if (messages.empty()) messages = {{"user", prompt}};
    if (!of.has_chat_template())
        throw std::runtime_error("this model has no chat template: give it a prompt, not messages");
    if (!given.system.empty()) messages.insert(messages.begin(), {"system", given.system});
    return of.tokens(of.chat(messages));
}

/// A context with room for texts of such a prompt and n more tokens, or for fewer: n is made smaller then.
inline context context_for(const model& of, const options& given, std::size_t prompt, int& n, int texts = 1) {
    const int most = given.context > 0 ? given.context : of.trained_context();
    if (given.context > of.trained_context())
        throw usage_error("--ctx-size must be in [0, " + std::to_string(of.trained_context()) +
                          "], the model's context, got " + std::to_string(given.context));
    if (prompt >= static_cast<std::size_t>(most))
        throw std::runtime_error("the prompt has " + std::to_string(prompt) + " tokens, and the context " +
                                 std::to_string(most));
    n = std::min(n, most - static_cast<int>(prompt));
    const int room = given.context > 0 ? given.context : static_cast<int>(prompt) + n;
    return {of, {.tokens = (room + 255) / 256 * 256, .texts = texts, .threads = given.threads, .is_aborted = [](void*) {
                     return interrupted.load();
                 }}};
}

}  // namespace engine
