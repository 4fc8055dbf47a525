// SPDX-License-Identifier: MIT
//
// Many requests in one continuous batch: a step reads one token, or a prompt, of each request that has a slot, and
// draws for all of them in one call. Requests join where others have left.
#pragma once

#include "generate.hpp"
#include "stream.hpp"
#include "support/picture.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace engine {

struct batched {
    std::string name;
    std::vector<std::int32_t> prompt;
    pluck::sampling_params request;
    std::uint64_t seed;
    int n;
    bool is_cut = false;  // n is what the context has room for
};

/// One token of a request: drawn, and from what.
struct drawn {
    std::int32_t token;
    float log_probability;  // by the model
    std::uint64_t logits;   // a hash of their bits
};

inline std::vector<batched> some_requests(const model& of, const options& given, int count) {
    static const std::vector<std::string> prompts = {"Why is the sky blue?",           "Name three rivers of Europe.",
                                                     "Write a haiku about autumn.",    "What is a prime number?",
                                                     "Tell a story about a lost key.", "How do I boil an egg?",
                                                     "Describe the sea at night.",     "What does a compiler do?"};
    static const std::vector<std::pair<std::string, pluck::sampling_params>> settings = {
        {"greedy", {.temperature = 0}},
        {"T 0.7, p 0.9", {.temperature = 0.7f, .top_p = 0.9f}},
        {"k 40, p 0.95, m 0.05", pluck::defaults(rules)},
        {"T 1.2, m 0.1", {.temperature = 1.2f, .min_p = 0.1f}},
        {"k 20, repetition 1.2", {.top_k = 20, .repetition_penalty = 1.2f}},
        {"frequency 0.5", {.temperature = 0.8f, .frequency_penalty = 0.5f}},
        {"T 0.8", {.temperature = 0.8f}},
        {"greedy, dry 0.8", {.temperature = 0, .dry_multiplier = 0.8f}}};
    const std::uint64_t seed = seed_of(given.request);
    const int n = given.tokens(48);
    std::vector<batched> all;
    for (int i = 0; i < count; ++i) {
        const auto at = static_cast<std::size_t>(i) % settings.size();
        // Some want fewer tokens, so that others can join while the rest goes on.
        all.push_back({settings[at].first, prompt_tokens(of, given, prompts[at]), settings[at].second,
                       seed + static_cast<std::uint64_t>(i), n - i % 4 * n / 8});
    }
    return all;
}

/// What became of a request.
struct served {
    running one;
    std::optional<running> alone{};  // the same request, of whom no batch knows
    std::vector<drawn> tokens{};
    std::size_t slot = 0, joined = 0, left = 0, read = 0;
    std::size_t differing = 0;  // draws that are others alone, given the same logits
    std::string end = "length";
};

/// The loop of a server. Returns what became of each request, and how many steps it took.
inline std::vector<served> serve(const model& of, const std::vector<batched>& asked, context& engine,
                                 std::size_t n_slots, bool checks, std::size_t& step) {
    std::vector<served> all;
    std::size_t room = 0;
    for (const batched& each : asked) {
        all.push_back({running(of, each.prompt, each.request, each.seed)});
        if (checks) all.back().alone.emplace(of, each.prompt, each.request, each.seed);
        room += each.prompt.size() + 1;
    }
    // Chains lie where their slots are, and stay while others come and go.
    std::vector<pluck::dynamic_chain> chains(n_slots);
    std::vector<std::optional<std::size_t>> who(n_slots);
    const std::unique_ptr<llama_batch, void (*)(llama_batch*)> batch(
        new llama_batch(llama_batch_init(static_cast<std::int32_t>(room), 0, 1)), [](llama_batch* each) {
            llama_batch_free(*each);
            delete each;
        });

    std::size_t waiting = 0;
    for (step = 0; !interrupted; ++step) {
        batch->n_tokens = 0;
        std::vector<std::int32_t> slots, outputs;
        std::vector<pluck::key> keys;
        for (std::size_t slot = 0; slot < n_slots; ++slot) {
            if (!who[slot] && waiting < all.size()) {
                who[slot] = waiting++;
                all[*who[slot]].slot = slot;
                all[*who[slot]].joined = step;
                chains[slot] = all[*who[slot]].one.chain;
            }
            if (!who[slot]) continue;
            served& each = all[*who[slot]];
            const auto text = each.one.text.tokens();
            for (; each.read < text.size(); ++each.read) {
                const int at = batch->n_tokens++;
                batch->token[at] = text[each.read];
                batch->pos[at] = static_cast<llama_pos>(each.read);
                batch->n_seq_id[at] = 1;
                batch->seq_id[at][0] = static_cast<llama_seq_id>(slot);
                batch->logits[at] = each.read + 1 == text.size();
            }
            outputs.push_back(batch->n_tokens - 1);
            slots.push_back(static_cast<std::int32_t>(slot));
            keys.push_back(each.one.text.key());
        }
        if (slots.empty() || !engine.decode(*batch)) break;

        // One call, whatever the requests are.
        std::vector<pluck::logits_view<float>> rows;
        for (const std::int32_t output : outputs) rows.push_back(pluck::llama_cpp::logits(engine.get(), output));
        std::vector<std::int32_t> tokens(rows.size());
        std::vector<pluck::status> statuses(rows.size());
        std::vector<float> log_probabilities(rows.size());
        pluck::sample_rows(rows, pluck::per_row<pluck::dynamic_chain>{chains}, pluck::keys{.whole = keys.data()},
                           pluck::results{.token = tokens.data(),
                                          .status = statuses.data(),
                                          .log_probability = log_probabilities.data(),
                                          .of = pluck::base::raw},
                           {.slots = slots});

        for (std::size_t i = 0; i < rows.size(); ++i) {
            const auto slot = static_cast<std::size_t>(slots[i]);
            served& each = all[*who[slot]];
            if (statuses[i] != pluck::status::ok) fail(statuses[i]);
            if (each.alone) {
                const pluck::pick again = pluck::sample(rows[i], each.alone->chain, each.alone->text.key());
                if (again.token != tokens[i]) ++each.differing;
                if (again) each.alone->text.accept(again.token);
            }
            each.tokens.push_back({tokens[i], log_probabilities[i], checks ? hash_of(rows[i]) : 0});
            const bool ends = each.one.is_end(tokens[i]);
            if (ends) each.end = "end of text";
            each.one.text.accept(tokens[i]);
            if (ends || each.one.text.generated() >= static_cast<std::uint32_t>(asked[*who[slot]].n)) {
                if (!ends && asked[*who[slot]].is_cut) each.end = "context full";
                each.left = step + 1;
                llama_memory_seq_rm(llama_get_memory(engine.get()), static_cast<llama_seq_id>(slot), -1, -1);
                who[slot].reset();
            }
        }
    }
    for (served& each : all)
        if (each.left == 0) each.left = step, each.end = "Ctrl-C";
    return all;
}

/// The same request through the model with no other beside it. Its log-probabilities are those of the tokens that the
/// batch has drawn, so that the two can be compared where they draw others.
inline std::vector<drawn> run_alone(const model& of, const options& given, const batched& asked,
                                    std::span<const drawn> batch) {
    int n = asked.n;
    context engine = context_for(of, given, asked.prompt.size(), n);
    running one(of, asked.prompt, asked.request, asked.seed);
    std::vector<drawn> tokens;
    while (tokens.size() < static_cast<std::size_t>(n) && engine.read(one.text.tokens())) {
        const std::int32_t other[] = {tokens.size() < batch.size() ? batch[tokens.size()].token : -1};
        float log_probability[] = {0};
        pluck::report said{.of = pluck::base::raw, .given = {other, log_probability}};
        const pluck::pick next = pluck::llama_cpp::sample(engine.get(), -1, one.chain, one.text.key(), said);
        if (!next) fail(next.status);
        tokens.push_back({next.token, log_probability[0], hash_of(pluck::llama_cpp::logits(engine.get(), -1))});
        if (one.is_end(next.token)) break;
        one.text.accept(next.token);
    }
    return tokens;
}

/// What is drawn in the batch, and alone. Returns whether all draws are the same given the same logits.
inline bool print_check(const model& of, const options& given, const std::vector<batched>& asked,
                        const std::vector<served>& all) {
    using picture::align;
    picture::table table(
        {{"#"}, {"draws"}, {"same"}, {"other logits at"}, {"by (log p)"}, {"other token at"}, {"", align::left}});
    std::size_t differing = 0, draws = 0, other_logits = 0, alone_too = 0;
    for (const served& each : all) differing += each.differing, draws += each.tokens.size();
    for (std::size_t i = 0; i < all.size(); ++i) {
        const std::vector<drawn>& batch = all[i].tokens;
        if (interrupted) break;
        const std::vector<drawn> alone = run_alone(of, given, asked[i], batch);
        if (interrupted) break;
        ++alone_too;
        const std::size_t common = std::min(batch.size(), alone.size());
        const auto first = [&](auto differs) {
            std::size_t at = 0;
            while (at < common && !differs(batch[at], alone[at])) ++at;
            return at;
        };
        const std::size_t token = first([](const drawn& a, const drawn& b) { return a.token != b.token; });
        // Behind another token the text is another, too.
        const std::size_t other = first([](const drawn& a, const drawn& b) { return a.logits != b.logits; });
        const std::size_t logits = other <= token ? other : common;
        const auto place = [&](std::size_t at) { return at < common ? std::to_string(at) : std::string("-"); };
        std::string what;
        if (token < common)
            what = one_line(of.piece(batch[token].token)) + " | " + one_line(of.piece(alone[token].token));
        std::string by = "-";
        if (logits < common)
            by = picture::number(
                std::abs(static_cast<double>(batch[logits].log_probability - alone[logits].log_probability)), 5);
        table.row({std::to_string(i), std::to_string(batch.size()), std::to_string(batch.size() - all[i].differing),
                   place(logits), by, place(token), what});
        if (logits < common) ++other_logits;
    }
    std::cout << '\n' << picture::paint("In the batch, and alone", picture::colour::bold) << "\n\n";
    table.print();
    std::cout << '\n';
    print_wrapped(differing == 0 ? "Each of " + std::to_string(draws) +
                                       " draws of the batch is the token that its request draws alone from the same "
                                       "logits."
                                 : std::to_string(differing) + " of " + std::to_string(draws) +
                                       " draws are others alone from the same logits.");
    const std::string requests = std::to_string(all.size()) + " requests";
    if (alone_too < all.size())
        print_wrapped("Run alone: " + std::to_string(alone_too) + " of " + requests + ", then Ctrl-C.");
    else if (other_logits == 0)
        print_wrapped("The model's own logits are the same in the batch and alone, to the bit, and so are the texts.");
    else
        print_wrapped("The model's own logits differ by batch in " + std::to_string(other_logits) + " of " + requests +
                      ", since libllama sums in another order there; where texts differ, that is why.");
    return differing == 0;
}

inline void run_batch(const model& of, const options& given) {
    std::vector<batched> asked = some_requests(of, given, given.batch);
    const int most = static_cast<int>(llama_max_parallel_sequences());
    const int n_slots = std::min({given.batch, most, given.parallel > 0 ? given.parallel : (given.batch + 1) / 2});
    std::size_t longest = 0;
    int n = 0;
    for (const batched& each : asked) longest = std::max(longest, each.prompt.size()), n = std::max(n, each.n);
    context engine = context_for(of, given, longest, n, n_slots);
    for (batched& each : asked) each.is_cut = each.n > n, each.n = std::min(each.n, n);

    const auto begin = clock::now();
    std::size_t steps = 0;
    const std::vector<served> all = serve(of, asked, engine, static_cast<std::size_t>(n_slots), given.check, steps);
    const double seconds = microseconds_since(begin) / 1e6;

    using picture::align;
    std::size_t others = 28;  // columns that are not the steps: numbers, gaps
    for (std::size_t i = 0, name = 0, seed = 4, end = 0; i < all.size(); ++i) {
        name = std::max(name, asked[i].name.size());
        seed = std::max(seed, std::to_string(asked[i].seed).size());
        end = std::max(end, all[i].end.size());
        others = 28 + name + seed + end;
    }
    const auto terminal = static_cast<std::size_t>(terminal_width());
    const std::size_t width = std::clamp<std::size_t>(terminal > others ? terminal - others : 0, 12, 32);
    picture::table table({{"#"},
                          {"request", align::left},
                          {"seed"},
                          {"slot"},
                          {"steps " + std::string("0 to ") + std::to_string(steps), align::left},
                          {"tokens"},
                          {"end", align::left}});
    std::size_t drawn = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
        std::string when;
        for (std::size_t at = 0; at < width; ++at) {
            const std::size_t step = at * std::max<std::size_t>(1, steps) / width;
            const bool is_in = step >= all[i].joined && step < all[i].left;
            when += picture::paint(is_in ? "█" : "·", is_in ? picture::colour::blue : picture::colour::dim);
        }
        table.row({std::to_string(i), asked[i].name, std::to_string(asked[i].seed), std::to_string(all[i].slot), when,
                   std::to_string(all[i].tokens.size()), all[i].end});
        drawn += all[i].tokens.size();
    }
    std::cout << picture::paint(std::to_string(all.size()) + " requests, " + std::to_string(n_slots) + " at once",
                                picture::colour::bold)
              << "\n\n";
    table.print();
    std::cout << '\n';
    for (std::size_t i = 0; i < all.size(); ++i) {
        std::string text;
        for (const struct drawn& each : all[i].tokens)
            if (!all[i].one.is_end(each.token)) text += of.piece(each.token);
        text.resize(text.size() - incomplete_bytes(text));
        const std::vector<std::string> lines = wrapped(text, terminal_width() - 5);
        std::cout << picture::pad(std::to_string(i), 3, align::right);
        for (std::size_t k = 0; k < lines.size(); ++k)
            std::cout << (k > 0 ? "\n" : "") << (lines[k].empty() ? "" : k > 0 ? "     " : "  ") << lines[k];
        std::cout << '\n';
    }
    std::cout << '\n' << drawn << " tokens in " << steps << " steps";
    if (!given.check) std::cout << ", " << picture::number(static_cast<double>(drawn) / seconds, 1) << " a second";
    std::cout << '\n';
    if (given.check && !print_check(of, given, asked, all)) throw std::runtime_error("--check found other tokens");
    if (given.check && interrupted) throw cancelled("--check was stopped by Ctrl-C");
}

}  // namespace engine
