// SPDX-License-Identifier: MIT
//
// The functions that llama.cpp calls of a sampler, and what they work on.
#pragma once

#if !__has_include(<llama.h>)
#error "pluck/adapters/llama_cpp_sampler.hpp needs llama.cpp: its folder include/ with llama.h and ggml.h"
#endif

#include <pluck/adapters/llama_cpp_row.hpp>
#include <pluck/chain.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/error.hpp>
#include <pluck/detail/library_stages.hpp>
#include <pluck/dynamic_chain.hpp>
#include <pluck/key.hpp>
#include <pluck/pick.hpp>
#include <pluck/sample.hpp>
#include <pluck/sequence.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <llama.h>
#include <memory>
#include <new>
#include <string_view>
#include <type_traits>
#include <utility>

namespace pluck { inline namespace v0 { namespace detail {

/// What any unit may ask of a sampler, whatever its chain and whatever it was compiled for.
struct llama_sampler_state {
    status said = status::ok;
};

template <class Stage, class... Others>
inline constexpr bool is_one_of = (... || std::same_as<Stage, Others>);

template <class Stage>
inline constexpr bool reads_text =
    is_one_of<Stage, penalties, dry, no_repeat_ngram, phrases, min_tokens, begin_suppress, length_decay, recorded>;

template <class... Stages>
[[nodiscard]] consteval bool any_reads_text(const chain<Stages...>*) noexcept {
    return (... || reads_text<Stages>);
}

template <class Make>
using chain_made_by = std::remove_cvref_t<std::invoke_result_t<Make&, sequence&>>;

/// A function from a sequence to a chain for it.
template <class Make>
concept makes_chain = !chain_like<Make> && std::copy_constructible<Make> && std::invocable<Make&, sequence&> &&
                      chain_like<chain_made_by<Make>>;

inline namespace PLUCK_BUILD {

inline constexpr const char* llama_sampler_name = "pluck";

/// C has no exceptions.
template <class F>
[[nodiscard]] status status_after(const F& f) noexcept {
#if PLUCK_EXCEPTIONS
    try {
        f();
    } catch (const std::bad_alloc&) {
        return status::out_of_memory;
    } catch (...) {
        return status::bad_parameter;
    }
#else
    f();
#endif
    return status::ok;
}

/// A text, and the chain that was made for it. It does not move: the chain may look at what `make` holds.
template <makes_chain Make>
class chain_of_text {
public:
    chain_of_text(Make make, const sequence::options& how)
        : make_(std::move(make)), how_(how), text_({}, how), chain_(make_(text_)), memory_(text_.memory()) {}
    chain_of_text(const chain_of_text& other)
        : make_(other.make_),
          how_(other.how_),
          text_(other.text_),
          chain_(chain_of_copy()),
          memory_(other.memory_),
          is_begun_(other.is_begun_) {}
    chain_of_text& operator=(const chain_of_text&) = delete;
    ~chain_of_text() = default;

    [[nodiscard]] const auto& chain() const noexcept { return chain_; }
    [[nodiscard]] pluck::key key() const noexcept { return text_.key(); }

    /// Before each draw: what was accepted before the first one is the prompt.
    void begin() {
        if (is_begun_) return;
        if (text_.size() != 0) become(sequence(text_.tokens(), how_));
        is_begun_ = true;
    }
    void accept(std::int32_t token) { text_.accept(token); }
    void reset() {
        become(sequence({}, how_));
        is_begun_ = false;
    }

private:
    /// The text's memory is what the other's stages have learnt, whatever is written there as a chain is made.
    [[nodiscard]] chain_made_by<Make> chain_of_copy() {
        const stage_memory learnt = text_.memory();
        chain_made_by<Make> made = make_(text_);
        text_.memory() = learnt;
        return made;
    }
    /// By a copy: the chain looks at the text where that is, and at its lists.
    void become(const sequence& other) {
        text_ = other;
        text_.memory() = memory_;
    }

    Make make_;
    sequence::options how_;
    sequence text_;
    chain_made_by<Make> chain_;
    stage_memory memory_;  // at the begin of the text
    bool is_begun_ = false;
};

/// A chain, and the key of its next draw.
template <chain_value Chain>
class chain_without_text {
    static constexpr bool is_dynamic = dynamic_chain_like<Chain>;

public:
    chain_without_text(const Chain& stages, const pluck::key& where) : chain_(stages), where_(where) {
        static_assert(is_dynamic || is_chain<Chain>, "pluck: a sampler draws from one row, and needs one chain for it");
        if constexpr (is_dynamic) {
            stages.for_each([]<class Stage>(const Stage&) {
                if constexpr (reads_text<Stage>) {
                    raise({"pluck::llama_cpp::make_sampler: ", name_of<Stage>(),
                           " looks at a text that the sampler does not know; pass a function from a pluck::sequence& "
                           "to the chain"});
                }
            });
        } else if constexpr (is_chain<Chain>) {
            static_assert(!any_reads_text(static_cast<const Chain*>(nullptr)),
                          "pluck: a stage of this chain looks at a text that the sampler does not know; pass a "
                          "function from a pluck::sequence& to the chain, and the options of the sequence");
        }
    }

    [[nodiscard]] const Chain& chain() const noexcept { return chain_; }
    [[nodiscard]] pluck::key key() const noexcept {
        return {.seed = where_.seed, .sequence = where_.sequence, .position = where_.position.value + accepted_};
    }
    void begin() noexcept {}
    void accept(std::int32_t) noexcept { ++accepted_; }
    void reset() noexcept { accepted_ = 0; }

private:
    Chain chain_;
    pluck::key where_;
    std::uint64_t accepted_ = 0;
};

/// A sampler's state, and the functions that llama.cpp calls with it.
template <class Source>
class llama_sampler_of : public llama_sampler_state {
public:
    template <class... Args>
    explicit llama_sampler_of(std::size_t row_size, Args&&... args)
        : source_(std::forward<Args>(args)...), row_(row_size) {}

    [[nodiscard]] static llama_sampler* hand_over(std::unique_ptr<llama_sampler_of> made) {
        // By name: a version of llama.cpp may have more members, and null means that we have no such function.
        static llama_sampler_i functions = [] {
            llama_sampler_i all{};
            all.name = name;
            all.accept = accept;
            all.apply = apply;
            all.reset = reset;
            all.clone = clone;
            all.free = free;
            return all;
        }();
        llama_sampler_state* const state = made.get();
        llama_sampler* const sampler = llama_sampler_init(&functions, state);
        (void)made.release();
        return sampler;
    }

private:
    [[nodiscard]] static llama_sampler_of& of(const llama_sampler* sampler) noexcept {
        return *static_cast<llama_sampler_of*>(static_cast<llama_sampler_state*>(sampler->ctx));
    }

    static const char* name(const llama_sampler*) noexcept { return llama_sampler_name; }
    static void accept(llama_sampler* sampler, llama_token token) noexcept { of(sampler).add(token); }
    static void apply(llama_sampler* sampler, llama_token_data_array* candidates) noexcept {
        of(sampler).draw(*candidates);
    }
    static void reset(llama_sampler* sampler) noexcept {
        llama_sampler_of& self = of(sampler);
        self.draws_ = 0;
        self.said = self.broken_ = status_after([&] { self.source_.reset(); });
    }
    static llama_sampler* clone(const llama_sampler* sampler) noexcept {
        llama_sampler* copy = nullptr;
        (void)status_after([&] { copy = hand_over(std::make_unique<llama_sampler_of>(of(sampler))); });
        return copy;
    }
    static void free(llama_sampler* sampler) noexcept { delete &of(sampler); }

    void add(std::int32_t token) noexcept {
        if (broken_ != status::ok) return;
        draws_ = 0;
        // Without exceptions a sequence would end the program.
        broken_ = token < 0 ? status::bad_parameter : status_after([&] { source_.accept(token); });
        if (broken_ != status::ok) said = broken_;
    }

    void draw(llama_token_data_array& from) noexcept {
        from.selected = -1;
        said = broken_;
        if (said != status::ok) return;
        status put = status::ok;
        said = status_after([&] {
            source_.begin();
            put = row_.put(from.data, from.size);
        });
        if (said != status::ok || put != status::ok) {
            said = said != status::ok ? said : put;
            return;
        }
        pluck::key where = source_.key();
        where.position = where.position.value + (draws_ << 32);
        const pick drawn = pluck::sample(row_.view(), source_.chain(), where);
        said = drawn.status;
        if (drawn) {
            from.selected = row_.place_of(drawn.token, from.data, from.size);
            if (from.selected < 0) said = status::no_candidate;
            ++draws_;
        }
        row_.take_back(from.data, from.size);
    }

    Source source_;
    candidate_row row_;
    std::uint64_t draws_ = 0;     // at this place of the text
    status broken_ = status::ok;  // why the text is not what was accepted
};

template <class Source, class... Args>
[[nodiscard]] llama_sampler* make_llama_sampler(std::int32_t vocab, Args&&... args) {
    if (vocab < 0 || static_cast<std::size_t>(vocab) > most_tokens)
        reject("llama_cpp::make_sampler", "vocab", "in [0, 2^23]", vocab);
    using sampler = llama_sampler_of<Source>;
    return sampler::hand_over(std::make_unique<sampler>(static_cast<std::size_t>(vocab), std::forward<Args>(args)...));
}

/// Null if the sampler is another's.
[[nodiscard]] inline const llama_sampler_state* state_of(const llama_sampler* sampler) noexcept {
    if (sampler == nullptr || sampler->ctx == nullptr || sampler->iface->name == nullptr) return nullptr;
    if (std::string_view(sampler->iface->name(sampler)) != llama_sampler_name) return nullptr;
    return static_cast<const llama_sampler_state*>(sampler->ctx);
}

}  // namespace PLUCK_BUILD

}}}  // namespace pluck::v0::detail
