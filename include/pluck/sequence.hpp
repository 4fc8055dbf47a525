// SPDX-License-Identifier: MIT
//
// A request's memory: its prompt, its tokens so far, where its randomness comes from, and what stateful stages keep.
#pragma once

#include <pluck/detail/arithmetic.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/error.hpp>
#include <pluck/key.hpp>
#include <pluck/list_view.hpp>
#include <pluck/token_history.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace pluck { inline namespace v0 {

/// What stages that learn from their draws keep of a text. Its meaning is theirs; 0 at first.
struct stage_memory {
    double values[4] = {};

    [[nodiscard]] friend bool operator==(const stage_memory&, const stage_memory&) noexcept = default;
};

namespace detail {

/// Lists that a text's chains look at. None moves when another one is added, nor when all are moved. A copy has none,
/// as nothing looks at it.
class kept_lists {
public:
    PLUCK_TAGGED kept_lists() = default;
    PLUCK_TAGGED kept_lists(const kept_lists&) noexcept {}
    PLUCK_TAGGED kept_lists(kept_lists&&) noexcept = default;
    PLUCK_TAGGED kept_lists& operator=(kept_lists&&) noexcept = default;
    PLUCK_TAGGED ~kept_lists() = default;

    [[nodiscard]] PLUCK_TAGGED std::span<const std::int32_t> keep(std::vector<std::int32_t>&& list) {
        return ids_.emplace_back(std::move(list));
    }
    [[nodiscard]] PLUCK_TAGGED std::span<const std::uint32_t> keep(std::vector<std::uint32_t>&& list) {
        return words_.emplace_back(std::move(list));
    }
    [[nodiscard]] PLUCK_TAGGED std::span<const float> keep(std::vector<float>&& list) {
        return values_.emplace_back(std::move(list));
    }

private:
    // A vector that grows moves those in it, and these keep their elements where they are.
    std::vector<std::vector<std::int32_t>> ids_{};
    std::vector<std::vector<std::uint32_t>> words_{};
    std::vector<std::vector<float>> values_{};
};

}  // namespace detail

/// A text as it is generated: what a chain for it reads, and the key of its next draw.
///
///     pluck::sequence text(prompt_ids, {.seed = 42});
///     const auto chain = pluck::penalties(text.history(), {.repetition = 1.1f}) | pluck::top_p(0.95f);
///     for (pluck::pick next; (next = pluck::sample(logits, chain, text.key())); text.accept(next.token)) ...
///
/// Definition.   The key's position is the number of tokens so far, so that a draw depends on the seed, the sequence
///               and its place alone: not on how the text came to be, by drawing, rollback, copy or load.
/// Shapes.       Any number of tokens below 2^31, which are not negative; its memory grows. history(), memory() and
///               lists that are kept have their addresses for as long as the sequence is there, also if it is moved, or
///               another one is copied to it. A copy, and what load() returns, has addresses of its own, and no lists:
///               make its chain anew. history() is to be referred to: a copy of it is stale after the next token. Of
///               one that was moved from, only its destructor and an assignment to it may be called.
/// Parameters.   prompt    ids, copied; may be empty
///               options   seed and sequence of the keys; undo: so many of the tokens accepted last can be rolled back,
///                         32 bytes each; matches: false halves the memory, for texts without dry and no_repeat_ngram;
///                         capacity: room for so many tokens at once, where their number is known
/// Cost.         accept(): that of token_history::append, about two microseconds at 32,000 tokens; some milliseconds
///               when its memory grows to twice as much, which is 60 to 92 bytes for each token that it has room for.
/// Errors.       std::invalid_argument if a token is negative, or a rollback longer than what can be undone; nothing is
///               changed then.
class sequence {
public:
    struct options {
        pluck::key::word seed = 0;
        pluck::key::word sequence = 0;
        std::uint32_t undo = 64;
        bool matches = true;
        std::uint32_t capacity = 0;
    };

    PLUCK_TAGGED sequence() : sequence(std::span<const std::int32_t>{}) {}
    PLUCK_TAGGED explicit sequence(std::span<const std::int32_t> prompt) : sequence(prompt, options{}) {}
    PLUCK_TAGGED sequence(std::span<const std::int32_t> prompt, const options& how)
        : state_(std::make_unique<state>()) {
        for (const std::int32_t token : prompt) check_token("a token of the prompt", token);
        state_->how = how;
        reserve(detail::larger<std::size_t>(prompt.size() + 64, how.capacity));
        (void)state_->history.append(list_view<std::int32_t>{prompt.data(), checked_size(prompt.size())});
        state_->history.end_prompt();
        state_->undo = {stage_memory{}};
    }

    PLUCK_TAGGED sequence(const sequence& other) : state_(std::make_unique<state>(*other.state_)) {
        state_->history = state_->history.at(state_->words.data());
    }
    PLUCK_TAGGED sequence(sequence&&) noexcept = default;
    /// The other's text, where this one's is: chains of this one go on with it, as after a step of beam search.
    PLUCK_TAGGED sequence& operator=(const sequence& other) {
        if (this == &other) return *this;
        sequence copy(other);
        if (state_ == nullptr) return *this = std::move(copy);
        detail::kept_lists lists = std::move(state_->lists);
        *state_ = std::move(*copy.state_);
        state_->lists = std::move(lists);
        return *this;
    }
    PLUCK_TAGGED sequence& operator=(sequence&&) noexcept = default;
    PLUCK_TAGGED ~sequence() = default;

    /// A copy whose draws are others: one of several completions of a prompt.
    [[nodiscard]] PLUCK_TAGGED sequence fork(pluck::key::word number) const {
        sequence copy(*this);
        copy.state_->how.sequence = number;
        return copy;
    }

    /// Where the next draw gets its randomness from.
    [[nodiscard]] PLUCK_TAGGED pluck::key key() const noexcept {
        return {.seed = state_->how.seed, .sequence = state_->how.sequence, .position = size()};
    }

    /// Adds the token that was drawn.
    PLUCK_TAGGED void accept(std::int32_t token) {
        check_token("the token", token);
        reserve(size() + std::size_t{1});
        state_->undo.push_back(state_->memory);
        (void)state_->history.append(token);
        state_->undoable = detail::smaller(state_->undoable + 1, state_->how.undo);
        if (state_->undo.size() > std::size_t{2} * (state_->how.undo + std::size_t{1})) trim();
    }

    /// Takes the last n tokens back, as if they had never been accepted, with what stages have learnt of them.
    PLUCK_TAGGED void rollback(std::uint32_t n) {
        const std::uint32_t most = state_->undoable;
        if (n > most) {
            detail::reject("sequence", "a rollback's n", ("in [0, " + detail::text_of(most) + "]").c_str(), n);
        }
        if (n == 0) return;
        state_->history.truncate(size() - n);
        state_->undo.resize(state_->undo.size() - n);
        state_->undoable -= n;
        state_->memory = state_->undo.back();
    }

    [[nodiscard]] PLUCK_TAGGED std::uint32_t size() const noexcept { return state_->history.size(); }
    [[nodiscard]] PLUCK_TAGGED std::uint32_t prompt_size() const noexcept { return state_->history.prompt_size(); }
    [[nodiscard]] PLUCK_TAGGED std::uint32_t generated() const noexcept { return state_->history.generated(); }
    /// All tokens, the prompt's first; valid until the next one is accepted.
    [[nodiscard]] PLUCK_TAGGED std::span<const std::int32_t> tokens() const noexcept {
        return {state_->history.tokens().data(), size()};
    }

    /// What penalties, n-grams and DRY read.
    [[nodiscard]] PLUCK_TAGGED const token_history& history() const& noexcept { return state_->history; }
    const token_history& history() const&& = delete;
    /// What stateful stages read and write.
    [[nodiscard]] PLUCK_TAGGED stage_memory& memory() & noexcept { return state_->memory; }
    stage_memory& memory() && = delete;

    /// Keeps a list as long as the text is there, for the adjusters of its chains:
    /// `pluck::banned(text.keep(std::vector<std::int32_t>{7, 9}))`.
    [[nodiscard]] PLUCK_TAGGED std::span<const std::int32_t> keep(std::vector<std::int32_t> list) & {
        return state_->lists.keep(std::move(list));
    }
    [[nodiscard]] PLUCK_TAGGED std::span<const std::uint32_t> keep(std::vector<std::uint32_t> list) & {
        return state_->lists.keep(std::move(list));
    }
    [[nodiscard]] PLUCK_TAGGED std::span<const float> keep(std::vector<float> list) & {
        return state_->lists.keep(std::move(list));
    }

    /// All of it as bytes, the same on every machine; load() gives a sequence that goes on in the same way.
    [[nodiscard]] PLUCK_TAGGED std::vector<std::byte> save() const;
    /// Errors.   std::invalid_argument if the bytes are not what save() returns, or of a later version.
    [[nodiscard]] PLUCK_TAGGED static sequence load(std::span<const std::byte> bytes);

private:
    struct state {
        options how{};
        std::vector<std::uint32_t> words{};
        token_history history{};
        stage_memory memory{};
        std::vector<stage_memory> undo{};  // the memory as each token was accepted, of the last ones at least
        std::uint32_t undoable = 0;        // of so many tokens, and before them
        detail::kept_lists lists{};
    };

    PLUCK_TAGGED static void check_token(const char* what, std::int32_t token) {
        if (token < 0) detail::reject("sequence", what, ">= 0", token);
    }
    [[nodiscard]] PLUCK_TAGGED static std::uint32_t checked_size(std::size_t size) {
        if (size >= 0x80000000u) detail::reject("sequence", "the number of tokens", "below 2^31", size);
        return static_cast<std::uint32_t>(size);
    }

    /// Room for so many tokens: at least twice as many as before, so that it is seldom made.
    PLUCK_TAGGED void reserve(std::size_t size) {
        const token_history& old = state_->history;
        if (size <= old.capacity()) return;
        const std::size_t twice = detail::smaller<std::size_t>(std::size_t{2} * old.capacity(), 0x7fffffff);
        const std::uint32_t capacity = checked_size(size > twice ? size : twice);
        std::vector<std::uint32_t> words(token_history::words(capacity, state_->how.matches));
        token_history larger(words.data(), capacity, state_->how.matches);
        if (old.size() != 0) {
            (void)larger.append({old.tokens().data(), old.prompt_size()});
            larger.end_prompt();
            (void)larger.append(old.tokens(old.prompt_size()));
        }
        state_->words = std::move(words);
        state_->history = larger;
    }
    PLUCK_TAGGED void trim() {
        const std::size_t needed = state_->how.undo + std::size_t{1};
        state_->undo.erase(state_->undo.begin(), state_->undo.end() - static_cast<std::ptrdiff_t>(needed));
    }

    std::unique_ptr<state> state_;
};

namespace detail {

/// Numbers as bytes, the least significant first.
class byte_writer {
public:
    template <class Integer>
    PLUCK_TAGGED void add(Integer value) {
        for (std::size_t i = 0; i < sizeof value; ++i)
            bytes_.push_back(static_cast<std::byte>(static_cast<std::uint64_t>(value) >> 8 * i & 0xffu));
    }
    [[nodiscard]] PLUCK_TAGGED std::vector<std::byte>& bytes() noexcept { return bytes_; }

private:
    std::vector<std::byte> bytes_;
};

class byte_reader {
public:
    PLUCK_TAGGED explicit byte_reader(std::span<const std::byte> bytes) noexcept : bytes_(bytes) {}

    /// 0 where nothing is left.
    template <class Integer>
    PLUCK_TAGGED Integer next() noexcept {
        std::uint64_t value = 0;
        is_short_ = is_short_ || bytes_.size() < sizeof(Integer);
        if (is_short_) return 0;
        for (std::size_t i = 0; i < sizeof(Integer); ++i) value |= std::to_integer<std::uint64_t>(bytes_[i]) << 8 * i;
        bytes_ = bytes_.subspan(sizeof(Integer));
        return static_cast<Integer>(value);
    }
    [[nodiscard]] PLUCK_TAGGED bool is_short() const noexcept { return is_short_; }
    [[nodiscard]] PLUCK_TAGGED std::size_t left() const noexcept { return bytes_.size(); }

private:
    std::span<const std::byte> bytes_;
    bool is_short_ = false;
};

/// FNV-1a.
[[nodiscard]] PLUCK_TAGGED inline std::uint64_t checksum(std::span<const std::byte> bytes) noexcept {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const std::byte each : bytes) hash = (hash ^ std::to_integer<std::uint64_t>(each)) * 0x100000001b3;
    return hash;
}

inline constexpr std::uint64_t saved_sequence = 0x71657365756c6370;  // "plcuesseq", read as bytes: who wrote it
inline constexpr std::uint32_t saved_version = 1;

PLUCK_TAGGED inline void add_memory(byte_writer& to, const stage_memory& memory) {
    for (const double value : memory.values) to.add(std::bit_cast<std::uint64_t>(value));
}
[[nodiscard]] PLUCK_TAGGED inline stage_memory next_memory(byte_reader& from) noexcept {
    stage_memory memory;
    for (double& value : memory.values) value = std::bit_cast<double>(from.next<std::uint64_t>());
    return memory;
}

}  // namespace detail

PLUCK_TAGGED inline std::vector<std::byte> sequence::save() const {
    detail::byte_writer to;
    to.add(detail::saved_sequence);
    to.add(detail::saved_version);
    to.add(state_->how.seed.value);
    to.add(state_->how.sequence.value);
    to.add(state_->how.undo);
    to.add(static_cast<std::uint8_t>(state_->how.matches));
    to.add(prompt_size());
    to.add(size());
    for (const std::int32_t token : tokens()) to.add(static_cast<std::uint32_t>(token));
    detail::add_memory(to, state_->memory);
    const std::size_t kept = state_->undoable + std::size_t{1};
    to.add(static_cast<std::uint32_t>(kept));
    for (std::size_t i = state_->undo.size() - kept; i < state_->undo.size(); ++i)
        detail::add_memory(to, state_->undo[i]);
    to.add(detail::checksum(to.bytes()));
    return std::move(to.bytes());
}

PLUCK_TAGGED inline sequence sequence::load(std::span<const std::byte> bytes) {
    constexpr const char* damaged = "pluck::sequence: not the bytes of a saved sequence, or not all of them";
    detail::byte_reader from(bytes);
    if (from.next<std::uint64_t>() != detail::saved_sequence) detail::raise(damaged);
    const auto version = from.next<std::uint32_t>();
    if (version != detail::saved_version) {
        detail::raise({"pluck::sequence: saved by version ", detail::text_of(version), ", and this is version ",
                       detail::text_of(detail::saved_version)});
    }
    constexpr std::size_t end = sizeof(std::uint64_t);
    if (bytes.size() < end ||
        detail::byte_reader(bytes.last(end)).next<std::uint64_t>() != detail::checksum(bytes.first(bytes.size() - end)))
        detail::raise(damaged);
    options how;
    how.seed = from.next<std::uint64_t>();
    how.sequence = from.next<std::uint64_t>();
    how.undo = from.next<std::uint32_t>();
    const auto matches = from.next<std::uint8_t>();
    how.matches = matches == 1;
    const auto prompt_size = from.next<std::uint32_t>();
    const auto size = from.next<std::uint32_t>();
    if (matches > 1 || prompt_size > size || size > from.left() / sizeof(std::int32_t)) detail::raise(damaged);
    std::vector<std::int32_t> tokens(size);
    for (std::int32_t& token : tokens) token = static_cast<std::int32_t>(from.next<std::uint32_t>());
    const stage_memory memory = detail::next_memory(from);
    const auto kept = from.next<std::uint32_t>();
    if (kept == 0 || kept - 1 > how.undo || kept - 1 > size - prompt_size || from.is_short() ||
        from.left() != kept * sizeof(stage_memory) + end)
        detail::raise(damaged);
    std::vector<stage_memory> undo(kept);
    for (stage_memory& each : undo) each = detail::next_memory(from);

    const std::span<const std::int32_t> all(tokens);
    sequence loaded(all.first(prompt_size), how);
    for (const std::int32_t token : all.subspan(prompt_size)) check_token("a token", token);
    loaded.reserve(size);
    (void)loaded.state_->history.append({tokens.data() + prompt_size, size - prompt_size});
    loaded.state_->memory = memory;
    loaded.state_->undo = std::move(undo);
    loaded.state_->undoable = kept - 1;
    return loaded;
}

}}  // namespace pluck::v0
