// SPDX-License-Identifier: MIT
//
// A chain whose stages are chosen at run time, as by a request that a server receives.
#pragma once

#include <pluck/chain.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/error.hpp>
#include <pluck/detail/library_stages.hpp>
#include <pluck/per_row.hpp>
#include <pluck/pick.hpp>
#include <pluck/row/concept.hpp>
#include <pluck/stage.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>

namespace pluck { inline namespace v0 {

template <class... Stages>
class basic_dynamic_chain;

/// A chain of the library's stages, chosen at run time:
///
///     pluck::dynamic_chain rules;
///     rules.add(pluck::temperature(0.8f)).add(pluck::top_k(40)).add(pluck::top_p(0.95f));
///     pluck::pick next = pluck::sample(logits, rules, {.seed = 42});
using dynamic_chain = detail::of_library_stages<basic_dynamic_chain>;

namespace detail {

template <class T>
inline constexpr bool is_dynamic_chain = false;
template <class... Stages>
inline constexpr bool is_dynamic_chain<basic_dynamic_chain<Stages...>> = true;

/// A dynamic chain, or a type whose stages() returns one.
template <class T>
concept dynamic_chain_like =
    chain_like<T> && is_dynamic_chain<std::remove_cvref_t<decltype(stages_of(std::declval<const T&>()))>>;

}  // namespace detail

/// Stages in the order in which they are added: at most 32, in any order that the grammar
/// `adjust* (shape | keep)* draw?` allows.
///
/// Definition.   The tokens are those of the typed chain of the same stages, bit for bit, on the CPU and on a device.
/// Shapes.       At most 1,024 bytes, trivially copyable, owner of no memory: safe to share between threads, to store
///               in an array and to copy into a kernel. Lists of adjusters and per_row arrays stay the caller's: they
///               outlive it, and for a device are in its memory. sample_rows() takes a range of them, one per row, and
///               `per_row<dynamic_chain>`, whose array is in device memory for a device.
/// Parameters.   Stages   what it can hold; `dynamic_chain` has the library's. For stages of your own as well, name the
///                        type: `basic_dynamic_chain<temperature, top_p, your_stage>`.
/// Cost.         A branch for each stage of a draw, some nanoseconds. A stage takes as many bytes as it has, in
///               words of 8: 32 shape, keep and draw stages fit, 13 to 32 adjusters.
/// Errors.       add() throws std::invalid_argument, and leaves the chain as it was, if a stage cannot follow the last
///               one, if it would be the 33rd, or if the memory for stages is full.
template <class... Stages>
class basic_dynamic_chain {
    static_assert(sizeof...(Stages) >= 1 && sizeof...(Stages) <= 255);
    static_assert((... && stage_like<Stages>), "pluck: a dynamic chain holds stages only");
    static_assert((... && (alignof(Stages) <= 8)), "pluck: a stage of a dynamic chain is aligned to 8 bytes at most");

public:
    static constexpr std::size_t max_stages = 32;
    /// How many bytes all stages together can take.
    static constexpr std::size_t max_bytes = 984;

    constexpr basic_dynamic_chain() noexcept = default;

    /// The stages of a stage, a chain, or `combined`.
    template <detail::typed_chain_like Chain>
    PLUCK_TAGGED basic_dynamic_chain(const Chain& chain) {
        add(chain);
    }

    /// Appends a stage, or all stages of another chain.
    template <chain_like Chain>
    PLUCK_TAGGED basic_dynamic_chain& add(const Chain& more) {
        if constexpr (stage_like<Chain>) {
            check<Chain>();
            push(index_of<Chain>(), &more, sizeof(Chain));
        } else if constexpr (check_chain<std::remove_cvref_t<decltype(detail::stages_of(more))>>()) {
            basic_dynamic_chain longer = *this;  // all of it or nothing
            longer.push_all(detail::stages_of(more));
            *this = longer;
        }
        return *this;
    }

    [[nodiscard]] PLUCK_TAGGED constexpr std::size_t size() const noexcept { return size_; }
    [[nodiscard]] PLUCK_TAGGED constexpr bool empty() const noexcept { return size_ == 0; }
    PLUCK_TAGGED constexpr void clear() noexcept { size_ = used_ = 0; }

    /// Calls f(stage) for each stage, with its own type, from first to last; stops where f returns false.
    PLUCK_ANY_ROW
    template <class F>
    PLUCK_HOST_DEVICE void for_each(const F& f) const {
        const std::uint64_t* at = words_;
        PLUCK_ROLLED
        for (std::uint32_t i = 0; i < size_; ++i) {
            bool more = true;
            std::uint8_t kind = 0;
            (void)(... || (kind++ == kinds_[i] && (more = call<Stages>(at, f), true)));
            if (!more) return;
        }
    }

private:
    static constexpr const char* names[] = {detail::name_of<Stages>()...};
    static constexpr verb verbs[] = {Stages::does...};

    template <class Stage>
    static constexpr std::size_t words_of = (sizeof(Stage) + 7) / 8;

    template <class Stage>
    PLUCK_TAGGED static constexpr void check() noexcept {
        static_assert(
            (... || std::same_as<Stage, Stages>),
            "pluck: this dynamic_chain cannot hold a stage of this type. dynamic_chain holds the library's; for a "
            "stage of your own take a typed chain, `a | b`, or basic_dynamic_chain<temperature, your_stage>");
    }
    template <class Chain>
    PLUCK_TAGGED static constexpr bool check_chain() noexcept {
        constexpr bool one_of_these = detail::is_chain<Chain> || std::same_as<Chain, basic_dynamic_chain>;
        static_assert(one_of_these,
                      "pluck: a dynamic_chain takes the stages of a typed chain or of its own type: neither one chain "
                      "per row, nor a basic_dynamic_chain of other stages");
        return one_of_these;
    }
    template <class Stage>
    [[nodiscard]] PLUCK_TAGGED static constexpr std::uint8_t index_of() noexcept {
        std::uint8_t index = 0;
        (void)(... || (std::same_as<Stage, Stages> || (++index, false)));
        return index;
    }

    PLUCK_TAGGED void push(std::uint8_t kind, const void* stage, std::size_t bytes) {
        // In parts: std::string's operators would be functions that units for other processors share.
        if (size_ != 0) {
            const std::uint8_t last = kinds_[size_ - 1];
            const char* why = nullptr;
            if (verbs[last] == verb::draw) why = ": a draw stage ends its chain";
            else if (verbs[kind] == verb::adjust && verbs[last] != verb::adjust)
                why = ": adjusters move scores before anything is kept";
            if (why != nullptr)
                detail::raise({"pluck::dynamic_chain: ", names[kind], " cannot follow ", names[last], why});
        }
        if (size_ == max_stages)
            detail::raise({"pluck::dynamic_chain: ", names[kind], " would be stage 33: a chain has at most 32"});
        const std::size_t words = (bytes + 7) / 8;
        if (used_ + words > max_bytes / 8) {
            detail::raise({"pluck::dynamic_chain: ", names[kind], " takes ", detail::text_of(8 * words), " bytes and ",
                           detail::text_of(max_bytes - std::size_t{8} * used_), " of ", detail::text_of(max_bytes),
                           " are left"});
        }
        std::memcpy(words_ + used_, stage, bytes);
        kinds_[size_++] = kind;
        used_ = static_cast<std::uint8_t>(used_ + words);
    }

    PLUCK_TAGGED void push_all(const chain<>&) noexcept {}
    template <class First, class... Rest>
    PLUCK_TAGGED void push_all(const chain<First, Rest...>& stages) {
        add(stages.first);
        push_all(stages.rest);
    }
    PLUCK_TAGGED void push_all(const basic_dynamic_chain& stages) {
        stages.for_each([&](const auto& stage) { add(stage); });
    }

    /// Memory into which a stored stage is copied back.
    template <class Stage>
    union stored {
        Stage stage;
        PLUCK_HOST_DEVICE stored() noexcept {}
    };

    PLUCK_ANY_ROW
    template <class Stage, class F>
    PLUCK_HOST_DEVICE static bool call(const std::uint64_t*& at, const F& f) {
        stored<Stage> copy;
        __builtin_memcpy(static_cast<void*>(&copy.stage), at, sizeof(Stage));
        at += words_of<Stage>;
        if constexpr (std::same_as<decltype(f(copy.stage)), bool>) {
            return f(copy.stage);
        } else {
            f(copy.stage);
            return true;
        }
    }

    std::uint64_t words_[max_bytes / 8] = {};
    std::uint8_t kinds_[max_stages] = {};  // of each stage, which of Stages it is
    std::uint8_t size_ = 0;
    std::uint8_t used_ = 0;  // words
};

/// `rules | top_k(40)`: a dynamic chain on either side makes one of both.
///
/// Errors.       As basic_dynamic_chain::add().
template <chain_like Left, chain_like Right>
requires(detail::dynamic_chain_like<Left> || detail::dynamic_chain_like<Right>) [[nodiscard]] PLUCK_TAGGED auto
operator|(const Left& left, const Right& right) {
    const auto begin = [&] {
        if constexpr (detail::dynamic_chain_like<Left>) return as_chain(left);
        else return decltype(as_chain(right))(left);
    };
    auto made = begin();
    made.add(right);
    return made;
}

namespace detail {

template <class... Stages>
struct run_time_chain<basic_dynamic_chain<Stages...>> {
    static constexpr bool exists = true;
    static constexpr bool may_adjust = (... || (Stages::does == verb::adjust));
    using chain_type = basic_dynamic_chain<Stages...>;

    /// Whether it has an adjuster.
    [[nodiscard]] PLUCK_TAGGED static bool adjusts(const chain_type& stages) noexcept {
        bool any = false;
        stages.for_each([&]<class Stage>(const Stage&) {
            any = Stage::does == verb::adjust;
            return false;  // adjusters come first
        });
        return any;
    }

    [[nodiscard]] PLUCK_TAGGED static served rows_served(const chain_type& stages) noexcept {
        served least;
        stages.for_each([&](const auto& stage) { least = fewer(least, detail::rows_served(stage)); });
        return least;
    }

    [[nodiscard]] PLUCK_TAGGED static bool needs_key(const chain_type& stages) noexcept {
        bool random = false;
        stages.for_each([&]<class Stage>(const Stage&) { random |= is_random<Stage>(); });
        return random;
    }

    PLUCK_ANY_ROW
    template <class Row>
    PLUCK_HOST_DEVICE static void adjust(const chain_type& stages, Row& row) {
        if constexpr (may_adjust) {
            stages.for_each([&]<class Stage>(const Stage& stage) {
                if constexpr (Stage::does == verb::adjust) {
                    if (row.state() != status::ok) return false;
                    adjusting<Row> scores(row);
                    stage(scores);
                    return true;
                } else {
                    return false;
                }
            });
        }
    }

    PLUCK_ANY_ROW
    template <class Row>
    PLUCK_HOST_DEVICE static std::int32_t choose(const chain_type& stages, Row& row) {
        std::int32_t token = -1;
        bool drawn = false;
        stages.for_each([&]<class Stage>(const Stage& stage) {
            if constexpr (Stage::does == verb::draw) {
                token = stage(row);
                drawn = true;
            } else if constexpr (Stage::does != verb::adjust) {
                stage(row);
            }
            return row.state() == status::ok;
        });
        if (row.state() != status::ok) return -1;
        return drawn ? token : categorical{}(row);
    }

    PLUCK_ANY_ROW
    template <class Row>
    PLUCK_HOST_DEVICE static void remember(const chain_type& stages, Row& row, std::int32_t token) {
        stages.for_each([&](const auto& stage) { tell(stage, row, token); });
    }
};

/// One chain for each row of a batch: row i runs the chain at its index. A row past the end has a bad parameter.
template <class... Stages>
struct run_time_chain<per_row<basic_dynamic_chain<Stages...>>> {
    static constexpr bool exists = true;
    using one = run_time_chain<basic_dynamic_chain<Stages...>>;
    using chain_type = per_row<basic_dynamic_chain<Stages...>>;

    /// Of the array alone: it may lie in a device's memory, and so what its chains hold is checked as rows run.
    [[nodiscard]] PLUCK_TAGGED static served rows_served(const chain_type& stages) noexcept {
        return {stages.count, "the chains"};
    }
    [[nodiscard]] PLUCK_TAGGED static bool needs_key(const chain_type& stages) noexcept {
        return has(stages, 0) && one::needs_key(stages.values[0]);
    }

    PLUCK_ANY_ROW
    template <class Row>
    PLUCK_HOST_DEVICE static void adjust(const chain_type& stages, Row& row) {
        if (one::may_adjust && has(stages, row.index())) one::adjust(stages.values[row.index()], row);
    }
    PLUCK_ANY_ROW
    template <class Row>
    PLUCK_HOST_DEVICE static std::int32_t choose(const chain_type& stages, Row& row) {
        if (has(stages, row.index())) return one::choose(stages.values[row.index()], row);
        row.fail(status::bad_parameter);
        return -1;
    }
    PLUCK_ANY_ROW
    template <class Row>
    PLUCK_HOST_DEVICE static void remember(const chain_type& stages, Row& row, std::int32_t token) {
        one::remember(stages.values[row.index()], row, token);
    }

private:
    [[nodiscard]] PLUCK_HOST_DEVICE static bool has(const chain_type& stages, std::size_t index) noexcept {
        return index < stages.count && stages.values != nullptr;
    }
};

}  // namespace detail

static_assert(sizeof(dynamic_chain) <= 1024 && std::is_trivially_copyable_v<dynamic_chain>);

}}  // namespace pluck::v0
