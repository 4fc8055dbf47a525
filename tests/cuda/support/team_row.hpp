// SPDX-License-Identifier: MIT
//
// The device's row as a row that one thread can use: a team of threads answers each question together, and all of them
// must give the same answer. So the suites that test the CPU's row also test the device's.
#pragma once

#include "cuda/support/host_team.hpp"
#include "cuda/support/together.hpp"
#include <pluck/chain.hpp>
#include <pluck/cuda/generic/row.cuh>
#include <pluck/cuda/generic/run_row.cuh>
#include <pluck/cuda/generic/write_picks.cuh>
#include <pluck/logits.hpp>
#include <pluck/results.hpp>
#include <pluck/row/concept.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace pluck_test {

/// Threads that are kept from call to call, one for each thread of a team.
template <class Shape>
class crew {
public:
    explicit crew(std::uint32_t blocks) : team_(blocks), size_(blocks * Shape::threads), threads_(size_) {}

    /// f(i) on each thread i.
    template <class F>
    void all(const F& f) {
        threads_.all(f);
    }

    [[nodiscard]] std::uint32_t size() const { return size_; }
    [[nodiscard]] std::uint32_t blocks() const { return static_cast<std::uint32_t>(team_.blocks.size()); }
    [[nodiscard]] host_row<Shape>& team() { return team_; }

private:
    host_row<Shape> team_;
    std::uint32_t size_;
    together threads_;
};

/// How a block finds its scores.
enum class reading { held, held_as_float, streamed, counted };

/// As `streamed`, but counts the quads that are read.
template <class Scalar>
class counted : public pluck::cuda::streamed<Scalar> {
public:
    using pluck::cuda::streamed<Scalar>::streamed;
    static inline std::atomic<std::uint64_t> quads = 0;

    [[nodiscard]] auto fetch(std::uint32_t position) const {
        quads.fetch_add(1, std::memory_order_relaxed);
        return pluck::cuda::streamed<Scalar>::fetch(position);
    }
    [[nodiscard]] auto fetch_inner(std::uint32_t position) const { return fetch(position); }
    [[nodiscard]] pluck::cuda::scores at(std::uint32_t position) const { return pluck::cuda::widened(fetch(position)); }
};

template <class Shape, class Scalar, reading How, class Operations = pluck::cuda::row_operations>
class team_row {
public:
    using team = host_team<Shape>;
    using stored = std::conditional_t<How == reading::held_as_float, float, Scalar>;
    using source = std::conditional_t<
        How == reading::counted, counted<Scalar>,
        std::conditional_t<How == reading::streamed, pluck::cuda::streamed<Scalar>, pluck::cuda::held<Scalar, stored>>>;
    using row = pluck::cuda::row<team, source, Operations>;
    using memory = pluck::cuda::row_memory<team>;
    static constexpr bool writable = source::writable;

    team_row(crew<Shape>& threads, const pluck::logits_view<Scalar>& logits, const pluck::key& key, std::size_t index)
        : threads_(threads),
          shape_(pluck::cuda::geometry_of(static_cast<std::uint32_t>(logits.size), threads.blocks(), false,
                                          Shape::lanes, Shape::list)) {
        const std::size_t bytes =
            pluck::cuda::memory_map<team>(shape_).slice + shape_.positions(Shape::lanes) * sizeof(stored);
        for (std::uint32_t block = 0; block < shape_.blocks; ++block) {
            memory_.emplace_back(bytes / 16 + 1);
            auto* own = reinterpret_cast<std::byte*>(memory_[block].data());
            threads_.team().blocks[block]->memory = own;
            auto* shared = new (own) memory;
            std::memset(own, 0xa5, memory_[block].size() * 16);  // a device's shared memory may hold anything, too
            shared->begin(shape_, pluck::cuda::slice_view<Scalar>::of(logits.data, shape_, block), nullptr);
        }
        rows_ = std::vector<std::optional<row>>(threads_.size());
        for (std::uint32_t i = 0; i < threads_.size(); ++i) {
            const team place(threads_.team(), i / Shape::threads, i % Shape::threads);
            rows_[i].emplace(place, key, shape_.vocab, index);
        }
    }

    /// f(row) on every thread, as a kernel runs adjusters.
    template <class F>
    void everyone(const F& f) {
        threads_.all([&](std::uint32_t i) { f(*rows_[i]); });
    }

    /// f(row) on one thread of each block, while the others work for it. Returns their answers, which must agree.
    template <class F>
    auto together(const F& f) const {
        using answer = decltype(f(*rows_[0]));
        constexpr bool silent = std::is_void_v<answer>;
        std::vector<std::optional<std::conditional_t<silent, int, answer>>> answers(threads_.size());
        threads_.all([&](std::uint32_t i) {
            row& own = *rows_[i];
            if (own.team().thread() != 0) return pluck::cuda::worker_loop<source, Operations>(own.team());
            if constexpr (silent) f(own);
            else answers[i] = f(own);
            own.finished({});
        });
        if constexpr (!silent) {
            for (const auto& other : answers) alike_ = alike_ && (!other || *other == *answers[0]);
            return *answers[0];
        }
    }

    /// Runs a whole chain as a kernel does, and reports the draw.
    template <class Chain>
    pluck::pick run(const Chain& chain, const pluck::results& out = {}) {
        const auto stages = pluck::as_chain(chain);
        note_picks finish{{out}, std::vector<std::optional<pluck::pick>>(threads_.blocks())};
        threads_.all([&](std::uint32_t i) {
            const team place(threads_.team(), i / Shape::threads, i % Shape::threads);
            place.start();
            pluck::cuda::run_row<pluck::cuda::may_adjust<Chain>>(place, *rows_[i - i % Shape::threads], stages, finish,
                                                                 0);
        });
        for (const auto& other : finish.drawn) alike_ = alike_ && other == finish.drawn[0];
        return *finish.drawn[0];
    }

    /// The same for chains that do not move scores, noting which operations are carried out.
    template <class Chain>
    pluck::pick run_and_note(const Chain& chain) {
        const auto stages = pluck::as_chain(chain);
        std::vector<std::optional<pluck::pick>> drawn(threads_.size());
        threads_.all([&](std::uint32_t i) {
            row& own = *rows_[i];
            if (i == 1) return work_and_note(own.team());
            if (own.team().thread() != 0) return pluck::cuda::worker_loop<source, Operations>(own.team());
            drawn[i] = pluck::detail::try_draw(stages, own);
            own.finished(*drawn[i]);
        });
        for (const auto& other : drawn) alike_ = alike_ && (!other || *other == *drawn[0]);
        return *drawn[0];
    }

    /// f(token, score) for every token, on the thread that owns it.
    template <class F>
    void for_each_score(const F& f) const {
        threads_.all([&](std::uint32_t i) {
            const team& place = rows_[i]->team();
            const source own(*reinterpret_cast<const memory*>(place.room()), place.room());
            pluck::cuda::each_of_slice(
                place, own, [&](std::uint32_t position, std::int32_t token) { f(token, own.one(position)); });
        });
    }
    /// f(token, kept, mass) for every token, on the thread that owns it, after a chain has run.
    template <class F>
    void for_each_own(const F& f) const {
        for_each_score([&](std::int32_t token, float score) {
            const auto& found = reinterpret_cast<const memory*>(threads_.team().blocks[0]->memory)->result;
            f(token, found.kept.has(pluck::detail::ordered(score), token), found.weight(score));
        });
    }

    /// The operations that the team has carried out in run_and_note(), by their places in the list.
    [[nodiscard]] const std::vector<std::uint32_t>& performed() const { return performed_; }
    /// Whether all threads have given the same answers so far.
    [[nodiscard]] bool alike() const { return alike_; }
    [[nodiscard]] bool is_listed() const { return rows_[0]->listed(); }

    bool settle() {
        return together([](row& r) { return r.settle(); });
    }
    [[nodiscard]] std::size_t index() const { return rows_[0]->index(); }
    [[nodiscard]] std::size_t vocab() const { return rows_[0]->vocab(); }
    [[nodiscard]] pluck::status state() const { return rows_[0]->state(); }
    [[nodiscard]] double temperature() const { return rows_[0]->temperature(); }
    [[nodiscard]] pluck::bits128 uniform() const { return rows_[0]->uniform(); }
    [[nodiscard]] pluck::bits128 random(std::uint32_t purpose, std::uint32_t i) const {
        return rows_[0]->random(purpose, i);
    }
    [[nodiscard]] pluck::ranking_key best() {
        return together([](row& r) { return r.best(); });
    }
    [[nodiscard]] pluck::ranking_key at(std::size_t rank) {
        return together([=](row& r) { return r.at(rank); });
    }
    [[nodiscard]] float score_of(std::int32_t token) {
        return together([=](row& r) { return r.score_of(token); });
    }
    [[nodiscard]] std::size_t rank_of(std::int32_t token) {
        return together([=](row& r) { return r.rank_of(token); });
    }
    [[nodiscard]] std::size_t count() {
        return together([](row& r) { return r.count(); });
    }
    [[nodiscard]] std::uint64_t total() {
        return together([](row& r) { return r.total(); });
    }
    void keep_largest(std::size_t k) {
        together([=](row& r) { r.keep_largest(k); });
    }
    void keep_mass(float p, std::size_t min_keep) {
        together([=](row& r) { r.keep_mass(p, min_keep); });
    }
    void keep_at_least(float score, std::size_t min_keep) {
        together([=](row& r) { r.keep_at_least(score, min_keep); });
    }
    void keep_mass_at_least(std::uint64_t mass) {
        together([=](row& r) { r.keep_mass_at_least(mass); });
    }
    void drop_above(pluck::ranking_key cut) {
        together([=](row& r) { r.drop_above(cut); });
    }
    void scale(double factor) {
        together([=](row& r) { r.scale(factor); });
    }
    std::int32_t draw(const pluck::bits128& bits) {
        return together([&](row& r) { return r.draw(bits); });
    }
    std::int32_t draw_by_rejection() {
        return together([](row& r) { return r.draw_by_rejection(); });
    }
    void fail(pluck::status why) {
        together([=](row& r) { r.fail(why); });
    }

private:
    struct note_picks {
        static constexpr bool remembers = true;
        static constexpr bool writes_rows = false;
        pluck::cuda::write_picks picks;
        mutable std::vector<std::optional<pluck::pick>> drawn;  // by each block

        void write_result(row& of, const pluck::pick& found, std::uint32_t draw) const {
            drawn[of.team().block()] = found;
            picks.write_result(of, found, draw);
        }
    };

    /// pluck::cuda::worker_loop() for the one thread that also notes the operations.
    void work_and_note(const team& place) {
        for (std::uint32_t slot = 1;; slot ^= 1) {
            (void)pluck::cuda::perform_command<source, Operations>(place, slot);
            const std::uint32_t operation = pluck::cuda::command_of(place, slot).operation;
            if (operation == pluck::cuda::stop_command<Operations>) return;
            performed_.push_back(operation);
        }
    }

    crew<Shape>& threads_;
    pluck::cuda::geometry shape_;
    struct alignas(16) unit {
        std::byte bytes[16];
    };
    std::vector<std::vector<unit>> memory_;
    mutable std::vector<std::optional<row>> rows_;
    mutable bool alike_ = true;
    std::vector<std::uint32_t> performed_;
};

}  // namespace pluck_test
