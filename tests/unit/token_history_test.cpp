// SPDX-License-Identifier: MIT
#include "exact/splitmix.hpp"
#include "support/catch.hpp"
#include <pluck/token_history.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

using exact::splitmix;
using pluck::list_view;
using pluck::scope;
using pluck::token_history;

namespace {

using ids = std::vector<std::int32_t>;

/// A history with memory of its own.
struct owner {
    explicit owner(std::uint32_t capacity, bool with_matches = true)
        : words(token_history::words(capacity, with_matches)), history(words.data(), capacity, with_matches) {}
    owner(const owner&) = delete;
    owner& operator=(const owner&) = delete;
    std::vector<std::uint32_t> words;
    token_history history;
};

list_view<std::int32_t> view_of(const ids& tokens) {
    return {tokens.data(), static_cast<std::uint32_t>(tokens.size())};
}

std::size_t match_by_hand(const ids& text, std::size_t at) {
    std::size_t length = 0;
    while (length <= at && text[at - length] == text[text.size() - 1 - length]) ++length;
    return length;
}

/// Whether a history says of its text what loops over the text say.
bool agrees(const token_history& history, const ids& text, std::size_t prompt) {
    if (history.size() != text.size() || history.prompt_size() != prompt) return false;
    if (!std::equal(text.begin(), text.end(), history.tokens().begin(), history.tokens().end())) return false;

    std::map<std::int32_t, std::pair<std::size_t, std::size_t>> counts;  // all, generated
    for (std::size_t i = 0; i < text.size(); ++i) {
        ++counts[text[i]].first;
        counts[text[i]].second += i >= prompt;
    }
    if (history.distinct().size() != counts.size()) return false;
    std::int32_t most = -1;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        const std::int32_t id = history.distinct()[i];
        most = std::max(most, id);
        if (counts.count(id) == 0 || history.count(i, scope::all) != counts[id].first ||
            history.count(i, scope::generated) != counts[id].second)
            return false;
    }
    const auto bound = static_cast<std::size_t>(most + 1);
    if (!history.is_within(bound) || (bound > 0 && history.is_within(bound - 1))) return false;

    for (std::uint32_t at = 0; at < text.size(); ++at) {
        std::uint32_t before = token_history::none;
        std::size_t from_here = 0, generated = 0;
        for (std::uint32_t i = 0; i < at; ++i) before = text[i] == text[at] ? i : before;
        for (std::size_t i = at; i < text.size(); ++i) {
            from_here += text[i] == text[at];
            generated += text[i] == text[at] && i >= prompt;
        }
        if (history.previous_of(at) != before || history.count_from(at, scope::all) != from_here ||
            history.count_from(at, scope::generated) != generated)
            return false;
    }
    if (!history.has_matches()) return true;

    std::map<std::int32_t, std::set<std::pair<std::uint32_t, std::uint32_t>>> expected, found;
    std::size_t longest = 0;
    for (std::size_t at = 0; at + 1 < text.size(); ++at) {
        const std::size_t length = match_by_hand(text, at);
        longest = std::max(longest, length);
        if (length > 0)
            expected[text[at + 1]].emplace(static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(length));
    }
    for (std::size_t i = 0; i < history.followers().size(); ++i) {
        auto& own = found[history.followers()[i]];
        if (!own.empty()) return false;  // each follower once
        history.each_match_before(i, [&](std::uint32_t at, std::uint32_t length) { own.emplace(at, length); });
    }
    return found == expected && history.longest_match() == longest;
}

}  // namespace

TEST_CASE("a history knows its text's counts and matches, token by token and back") {
    for (std::uint64_t number = 0; number < 400; ++number) {
        splitmix random(0x70, number);
        const bool with_matches = !random.one_in(5);
        owner made(200, with_matches);
        token_history& history = made.history;
        ids text;
        const std::size_t kinds = 1 + random.below(random.one_in(3) ? 60 : 4);
        const auto any = [&] { return static_cast<std::int32_t>(random.below(kinds) * (kinds > 10 ? 1000003 : 1)); };
        for (std::size_t n = random.below(40); n > 0; --n) text.push_back(any());
        if (random.one_in(2)) {
            REQUIRE(history.append(view_of(text)));
        } else {
            for (const std::int32_t token : text) REQUIRE(history.append(token));
        }
        const std::size_t prompt = text.size();
        history.end_prompt();
        REQUIRE(agrees(history, text, prompt));
        for (int step = 0; step < 60; ++step) {
            if (random.one_in(6)) {
                const std::size_t size = prompt + random.below(text.size() - prompt + 1);
                text.resize(size);
                history.truncate(static_cast<std::uint32_t>(size));
            } else {
                const bool again = random.one_in(3) && !text.empty();
                text.push_back(again ? text[random.below(text.size())] : any());
                REQUIRE(history.append(text.back()));
            }
            if (!agrees(history, text, prompt)) FAIL("case " << number << ", step " << step);
        }
    }
}

TEST_CASE("a history of one token only") {
    owner made(500);
    for (int i = 0; i < 500; ++i) REQUIRE(made.history.append(7));
    CHECK(made.history.longest_match() == 499);
    CHECK(made.history.followers().size() == 1);
    CHECK(agrees(made.history, ids(500, 7), 0));
    made.history.truncate(3);
    CHECK(agrees(made.history, ids(3, 7), 0));
}

TEST_CASE("a full history takes no more, and stays what it is") {
    owner made(3);
    CHECK_FALSE(made.history.append(view_of({1, 2, 3, 4})));
    CHECK(made.history.size() == 0);
    CHECK(made.history.append(view_of({1, 2, 1})));
    CHECK(made.history.is_full());
    CHECK_FALSE(made.history.append(5));
    CHECK(agrees(made.history, {1, 2, 1}, 0));
    token_history none;
    CHECK_FALSE(none.append(1));
    CHECK(none.distinct().size() == 0);
    CHECK(none.is_there());
    CHECK_FALSE(token_history(nullptr, 4).is_there());
}

TEST_CASE("a prompt is not taken back") {
    owner made(10);
    (void)made.history.append(view_of({1, 2}));
    made.history.end_prompt();
    (void)made.history.append(1);
    made.history.truncate(1);
    CHECK(agrees(made.history, {1, 2, 1}, 2));
    made.history.truncate(2);
    CHECK(agrees(made.history, {1, 2}, 2));
    made.history.truncate(9);
    CHECK(agrees(made.history, {1, 2}, 2));
}

TEST_CASE("a history goes where its words are copied to") {
    owner made(16);
    (void)made.history.append(view_of({4, 5, 4, 5}));
    std::vector<std::uint32_t> words = made.words;
    token_history copy = made.history.at(words.data());
    (void)copy.append(4);
    CHECK(agrees(copy, {4, 5, 4, 5, 4}, 0));
    CHECK(agrees(made.history, {4, 5, 4, 5}, 0));
}
