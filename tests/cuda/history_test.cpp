// SPDX-License-Identifier: MIT
//
// Texts that a kernel keeps: what is drawn is appended by the row's team, and the next draw reads it.
#include "cuda/support/team_row.hpp"
#include "exact/splitmix.hpp"
#include "support/catch.hpp"
#include "unit/helpers.hpp"
#include <pluck/adjust/dry.hpp>
#include <pluck/adjust/no_repeat_ngram.hpp>
#include <pluck/adjust/penalties.hpp>
#include <pluck/adjust/recorded.hpp>
#include <pluck/dynamic_chain.hpp>
#include <pluck/sample.hpp>
#include <pluck/token_history.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

using exact::splitmix;
using pluck::dynamic_chain;
using pluck::token_history;
using pluck_test::host_team_shape;
using pluck_test::reading;

namespace {

constexpr std::uint32_t capacity = 30, slots = 3, prompt_size = 4;

/// Histories in slots, as a caller has them in a device's memory.
struct texts {
    texts() : words(slots * token_history::words(capacity)) {
        for (std::uint32_t i = 0; i < slots; ++i) {
            all.emplace_back(words.data() + i * token_history::words(capacity), capacity);
            for (std::uint32_t token = 0; token < prompt_size; ++token)
                (void)all[i].append(static_cast<std::int32_t>(token % 2 + i));
            all[i].end_prompt();
        }
    }
    [[nodiscard]] dynamic_chain chain() {
        const std::span<const token_history> read(all);
        const pluck::per_row<token_history> rows{read};
        return dynamic_chain(pluck::penalties(rows, {.repetition = 1.3f, .frequency = 0.2f, .last_n = 12}) |
                             pluck::dry(rows, pluck::dry_settings{.multiplier = 0.7f}) |
                             pluck::no_repeat_ngram(rows, 4) | pluck::recorded(all) | pluck::temperature(0.7f) |
                             pluck::top_k(6));
    }

    std::vector<std::uint32_t> words;
    std::vector<token_history> all{};
};

}  // namespace

TEST_CASE("a team appends what it draws to its row's text, and penalises it in the next draw, as the CPU does") {
    using shape = host_team_shape<4, 2>;
    pluck_test::crew<shape> threads(3);
    texts on_team, on_cpu;
    const dynamic_chain team_chain = on_team.chain(), cpu_chain = on_cpu.chain();
    splitmix random(0x51, 0);
    std::vector<float> scores(700);
    for (float& score : scores) score = random.bell();
    for (std::size_t i = 0; i < 8; ++i) scores[i] += 5.0f;
    for (std::uint64_t step = 0; step < slots * (capacity - prompt_size + 1); ++step) {
        const std::size_t slot = step % slots;
        const pluck::key key{.seed = 3, .position = step};
        pluck_test::team_row<shape, float, reading::held> row(threads, {scores.data(), scores.size()}, key, slot);
        const pluck::pick drawn = row.run(team_chain);
        CHECK(row.alike());

        // The CPU takes the row's place in the batch from the slot.
        const std::vector<std::span<const float>> rows = {scores};
        const std::vector<std::int32_t> slot_of_draw = {static_cast<std::int32_t>(slot)};
        std::int32_t token = -1;
        pluck::status status{};
        pluck::sample_rows(rows, cpu_chain, pluck::keys{.whole = &key},
                           pluck::results{.token = &token, .status = &status},
                           {.slots = std::span<const std::int32_t>(slot_of_draw)});
        REQUIRE(drawn == pluck::pick{token, status});

        const token_history &there = on_team.all[slot], &here = on_cpu.all[slot];
        const bool is_full = step >= slots * (capacity - prompt_size);
        CHECK(drawn.status == (is_full ? pluck::status::history_full : pluck::status::ok));
        REQUIRE(std::equal(there.tokens().begin(), there.tokens().end(), here.tokens().begin(), here.tokens().end()));
        CHECK(there.longest_match() == here.longest_match());
    }
    CHECK(on_team.all[0].is_full());
    CHECK(on_team.all[2].generated() == capacity - prompt_size);
}
