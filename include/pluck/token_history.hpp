// SPDX-License-Identifier: MIT
//
// The tokens of a text so far, and what penalties, n-grams and DRY ask of them, kept up to date token by token. The
// same on host and device; on a host, `sequence` owns the memory and lets it grow.
#pragma once

#include <pluck/detail/arithmetic.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/list_view.hpp>
#include <pluck/per_row.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace pluck { inline namespace v0 {

/// Which tokens of a text are meant.
enum class scope : std::uint8_t {
    all,        ///< the prompt and what was generated
    generated,  ///< only that
};

/// A text's tokens: prompt first, then what was generated. How often each occurs, where before, and where the text has
/// already been as it is now at its end: a *match* is an earlier position, with the length of what the text up to there
/// and the whole text end with alike.
///
/// Shapes.       Up to `capacity` tokens, in memory of words(capacity, with_matches) that is the caller's and 0 at
///               first; without matches it is half of that. Trivially copyable: a copy looks at the same memory, and is
///               stale once either appends.
/// Cost.         append() looks at each place where the same token is: about two microseconds in 32,000 tokens of text,
///               and linear in their number at worst. truncate() is linear in what stays.
/// Errors.       append() returns false, and changes nothing, where it is full.
///
/// For a device, build it in host memory, copy the words, and copy what at(device_words) returns into an array of them:
/// `recorded` appends there what is drawn.
class token_history {
public:
    static constexpr std::uint32_t none = 0xffffffffu;

    constexpr token_history() noexcept = default;
    PLUCK_HOST_DEVICE constexpr token_history(std::uint32_t* zeros, std::uint32_t capacity,
                                              bool with_matches = true) noexcept
        : memory_(zeros), capacity_(capacity), with_matches_(with_matches) {}

    /// How many words of 32 bits so many tokens take.
    [[nodiscard]] PLUCK_HOST_DEVICE static constexpr std::size_t words(std::uint32_t capacity,
                                                                       bool with_matches = true) noexcept {
        return std::size_t{with_matches ? all_arrays : arrays_without_matches} * capacity + table_size(capacity);
    }
    /// The same text where its words have been copied to.
    [[nodiscard]] PLUCK_HOST_DEVICE constexpr token_history at(std::uint32_t* words) const noexcept {
        token_history moved = *this;
        moved.memory_ = words;
        return moved;
    }

    /// Adds a token, which is not negative, at the end.
    PLUCK_HOST_DEVICE bool append(std::int32_t token) noexcept {
        if (!add(token)) return false;
        if (with_matches_) match_last();
        return true;
    }
    /// Adds tokens; true if all of them fit.
    PLUCK_HOST_DEVICE bool append(list_view<std::int32_t> tokens) noexcept {
        if (tokens.size() > capacity_ - size_) return false;
        for (const std::int32_t token : tokens) (void)add(token);
        if (with_matches_) match_anew();
        return true;
    }
    /// What is there now is the prompt.
    PLUCK_HOST_DEVICE void end_prompt() noexcept {
        prompt_ = size_;
        for (std::uint32_t k = 0; k < kinds_; ++k) array(prompt_count)[k] = array(total_count)[k];
    }
    /// Only the first `size` tokens remain, of which the prompt is a part.
    PLUCK_HOST_DEVICE void truncate(std::uint32_t size) noexcept {
        if (size >= size_ || size < prompt_) return;
        while (size_ > size) remove_last();
        bound_ = 0;
        for (const std::int32_t id : distinct()) bound_ = detail::larger(bound_, static_cast<std::uint32_t>(id) + 1);
        if (with_matches_) match_anew();
    }

    [[nodiscard]] PLUCK_HOST_DEVICE constexpr std::uint32_t size() const noexcept { return size_; }
    [[nodiscard]] PLUCK_HOST_DEVICE constexpr std::uint32_t prompt_size() const noexcept { return prompt_; }
    [[nodiscard]] PLUCK_HOST_DEVICE constexpr std::uint32_t generated() const noexcept { return size_ - prompt_; }
    [[nodiscard]] PLUCK_HOST_DEVICE constexpr std::uint32_t capacity() const noexcept { return capacity_; }
    [[nodiscard]] PLUCK_HOST_DEVICE constexpr bool is_full() const noexcept { return size_ == capacity_; }
    [[nodiscard]] PLUCK_HOST_DEVICE constexpr bool has_matches() const noexcept { return with_matches_; }
    /// Whether there is memory for what it says it has.
    [[nodiscard]] PLUCK_HOST_DEVICE constexpr bool is_there() const noexcept {
        return capacity_ == 0 || memory_ != nullptr;
    }

    /// Whether all its tokens are of a vocabulary of this size.
    [[nodiscard]] PLUCK_HOST_DEVICE constexpr bool is_within(std::size_t vocab) const noexcept {
        return bound_ <= vocab;
    }

    /// The tokens from a position on.
    [[nodiscard]] PLUCK_HOST_DEVICE list_view<std::int32_t> tokens(std::uint32_t begin = 0) const noexcept {
        return {ids_in(token_at) + begin, size_ - begin};
    }
    [[nodiscard]] PLUCK_HOST_DEVICE std::int32_t operator[](std::uint32_t position) const noexcept {
        return ids_in(token_at)[position];
    }
    /// Where the last n tokens begin; n = 0 means all.
    [[nodiscard]] PLUCK_HOST_DEVICE constexpr std::uint32_t begin_of_last(std::uint32_t n) const noexcept {
        return n == 0 || n >= size_ ? 0 : size_ - n;
    }

    /// The tokens that occur, each once.
    [[nodiscard]] PLUCK_HOST_DEVICE list_view<std::int32_t> distinct() const noexcept {
        return {ids_in(id_of), kinds_};
    }
    /// How often the i-th of these occurs.
    [[nodiscard]] PLUCK_HOST_DEVICE std::uint32_t count(std::size_t i, scope where) const noexcept {
        return array(total_count)[i] - (where == scope::generated ? array(prompt_count)[i] : 0);
    }

    /// The position before this one where its token is; `none` if there is none.
    [[nodiscard]] PLUCK_HOST_DEVICE std::uint32_t previous_of(std::uint32_t position) const noexcept {
        return array(previous_at)[position];
    }
    /// How often the token at a position occurs from there on.
    [[nodiscard]] PLUCK_HOST_DEVICE std::uint32_t count_from(std::uint32_t position, scope where) const noexcept {
        const std::uint32_t k = array(kind_at)[position];
        const std::uint32_t from_here = array(total_count)[k] - array(earlier_at)[position];
        return where == scope::all ? from_here : detail::smaller(from_here, count(k, where));
    }

    /// The length of the longest match, 0 if there is none.
    [[nodiscard]] PLUCK_HOST_DEVICE constexpr std::uint32_t longest_match() const noexcept { return longest_; }
    /// The tokens that follow a match, each once.
    [[nodiscard]] PLUCK_HOST_DEVICE list_view<std::int32_t> followers() const noexcept {
        return {ids_in(follower_id), followers_};
    }
    /// Calls f(position, length) for each match that the i-th of these follows.
    template <class F>
    PLUCK_HOST_DEVICE void each_match_before(std::size_t i, const F& f) const noexcept {
        for (std::uint32_t at = array(first_match_of)[i]; at != none; at = array(next_at)[at])
            f(at, array(length_at)[at]);
    }

private:
    // Arrays of [capacity]: of each position _at, of each distinct token _of and how often it occurs, of each follower.
    enum : std::uint32_t {
        token_at,
        previous_at,
        earlier_at,
        kind_at,
        id_of,
        prompt_count,
        total_count,
        last_of,
        arrays_without_matches,
        length_at = arrays_without_matches,
        length_step_at,
        next_at,
        follower_id,
        first_match_of,
        follower_of,
        follower_step_of,
        all_arrays
    };

    [[nodiscard]] PLUCK_HOST_DEVICE std::uint32_t* array(std::uint32_t which) const noexcept {
        return memory_ + std::size_t{which} * capacity_;
    }
    [[nodiscard]] PLUCK_HOST_DEVICE std::int32_t* ids_in(std::uint32_t which) const noexcept {
        return reinterpret_cast<std::int32_t*>(array(which));
    }

    // A hash table from tokens to their place among the distinct ones, plus 1; 0 is empty. Half of it at most is full.
    // Tokens leave in the reverse of the order in which they came, so that no other's search went past the one leaving.

    [[nodiscard]] PLUCK_HOST_DEVICE static constexpr std::size_t table_size(std::uint32_t capacity) noexcept {
        std::size_t size = 1;
        while (size < 2 * std::size_t{capacity}) size *= 2;
        return size;
    }
    /// The token's slot, or the empty one where it would be.
    [[nodiscard]] PLUCK_HOST_DEVICE std::uint32_t* slot_of(std::int32_t wanted) const noexcept {
        std::uint32_t* table = array(with_matches_ ? all_arrays : arrays_without_matches);
        const std::size_t mask = table_size(capacity_) - 1;
        constexpr std::uint32_t golden = 0x9e3779b9;  // 2^32 / the golden ratio: Knuth's multiplicative hash
        std::size_t at = (static_cast<std::uint32_t>(wanted) * std::uint64_t{golden} >> 7) & mask;
        while (table[at] != 0 && ids_in(id_of)[table[at] - 1] != wanted) at = (at + 1) & mask;
        return table + at;
    }

    PLUCK_HOST_DEVICE bool add(std::int32_t added) noexcept {
        if (is_full()) return false;
        std::uint32_t* slot = slot_of(added);
        if (*slot == 0) {
            ids_in(id_of)[kinds_] = added;
            array(prompt_count)[kinds_] = array(total_count)[kinds_] = 0;
            array(last_of)[kinds_] = none;
            *slot = ++kinds_;
        }
        const std::uint32_t k = *slot - 1;
        ids_in(token_at)[size_] = added;
        array(previous_at)[size_] = array(last_of)[k];
        array(earlier_at)[size_] = array(total_count)[k];
        array(kind_at)[size_] = k;
        array(last_of)[k] = size_++;
        bound_ = detail::larger(bound_, static_cast<std::uint32_t>(added) + 1);
        ++array(total_count)[k];
        return true;
    }
    PLUCK_HOST_DEVICE void remove_last() noexcept {
        --size_;
        const std::uint32_t k = array(kind_at)[size_];
        array(last_of)[k] = array(previous_at)[size_];
        if (--array(total_count)[k] != 0) return;
        *slot_of(ids_in(id_of)[k]) = 0;
        --kinds_;
    }

    // A match's length is one more than that of the match before it, which was one with the text's last end: what was
    // written in the step before counts, what is older does not.

    PLUCK_HOST_DEVICE void begin_matches() noexcept {
        ++step_;
        followers_ = longest_ = 0;
    }
    PLUCK_HOST_DEVICE void match_last() noexcept {
        begin_matches();
        for (std::uint32_t at = previous_of(size_ - 1); at != none; at = previous_of(at)) {
            const bool longer = at > 0 && array(length_step_at)[at - 1] == step_ - 1;
            array(length_at)[at] = longer ? array(length_at)[at - 1] + 1 : 1;
            note_match(at);
        }
    }
    /// The same from the text alone: the Z function of the text read backwards.
    PLUCK_HOST_DEVICE void match_anew() noexcept {
        begin_matches();
        if (size_ == 0) return;
        const std::uint32_t end = size_ - 1;
        std::uint32_t begin = 0, known = 0;  // the match at end - begin reaches down to end - known, exclusive
        for (std::uint32_t i = 1; i <= end; ++i) {
            std::uint32_t same = 0;
            if (i < known) same = detail::smaller(array(length_at)[end - (i - begin)], known - i);
            while (i + same <= end && (*this)[end - same] == (*this)[end - i - same]) ++same;
            array(length_at)[end - i] = same;
            if (i + same > known) begin = i, known = i + same;
        }
        for (std::uint32_t at = previous_of(end); at != none; at = previous_of(at)) note_match(at);
    }
    PLUCK_HOST_DEVICE void note_match(std::uint32_t at) noexcept {
        array(length_step_at)[at] = step_;
        longest_ = detail::larger(longest_, array(length_at)[at]);
        const std::uint32_t k = array(kind_at)[at + 1];
        array(next_at)[at] = none;
        if (array(follower_step_of)[k] != step_) {
            array(follower_step_of)[k] = step_;
            array(follower_of)[k] = followers_;
            ids_in(follower_id)[followers_++] = (*this)[at + 1];
        } else {
            array(next_at)[at] = array(first_match_of)[array(follower_of)[k]];
        }
        array(first_match_of)[array(follower_of)[k]] = at;
    }

    std::uint32_t* memory_ = nullptr;
    std::uint32_t capacity_ = 0;
    bool with_matches_ = false;
    std::uint32_t size_ = 0, prompt_ = 0, kinds_ = 0, bound_ = 0;
    std::uint32_t step_ = 0, followers_ = 0, longest_ = 0;
};

namespace detail {

/// The text of all rows, or of each row its own.
class history_parameter {
public:
    PLUCK_HOST_DEVICE constexpr history_parameter(const token_history& one) noexcept : values_(&one) {}
    /// A temporary would be gone before the first draw.
    history_parameter(const token_history&&) = delete;
    PLUCK_TAGGED constexpr history_parameter(per_row<token_history> rows) noexcept
        : values_(rows.values), count_(rows.values == nullptr ? 0 : smaller(rows.count, all - 1)) {}

    /// Whether the row has a text.
    [[nodiscard]] PLUCK_HOST_DEVICE constexpr bool serves(std::size_t row) const noexcept {
        return row < count_ && (*this)[row].is_there();
    }
    [[nodiscard]] PLUCK_HOST_DEVICE constexpr const token_history& operator[](std::size_t row) const noexcept {
        return values_[count_ == all ? 0 : row];
    }

    /// How many rows it can serve.
    [[nodiscard]] PLUCK_TAGGED constexpr std::size_t rows() const noexcept { return count_; }

private:
    static constexpr std::size_t all = ~std::size_t{0};  // one text for all rows

    const token_history* values_;
    std::size_t count_ = all;
};

}  // namespace detail

static_assert(std::is_trivially_copyable_v<token_history>);

}}  // namespace pluck::v0
