// SPDX-License-Identifier: MIT
//
// A team of threads on the host. The device's row runs on it unchanged, so that its algorithm is tested without a GPU,
// and its barriers by the thread sanitizer. Teams are as small as possible, so that short rows meet what takes long
// ones on a device: lists that overflow, nuclei that need several rounds, strips and slices that end in the middle.
#pragma once

#include "cuda/support/together.hpp"
#include <pluck/detail/config.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace pluck_test {

/// Shapes of a team, as the device's are.
template <std::uint32_t Lanes, std::uint32_t Warps>
struct host_team_shape {
    static constexpr std::uint32_t lanes = Lanes, warps = Warps, threads = Lanes * Warps;
    static constexpr std::uint32_t max_blocks = 4;
    static constexpr std::uint32_t bins = 4 * threads;
    static constexpr std::uint32_t list = 8 * lanes * 4;
    static constexpr std::uint32_t staged = list / 2 / warps;  // so that warps of some rows have more
    static constexpr std::uint32_t finalists = 8;
};

/// What the threads of all blocks share: their barriers, and where each block's memory lies.
template <class Shape>
class host_row {
public:
    struct block_state {
        explicit block_state() : all(Shape::threads) {
            for (std::uint32_t i = 0; i < Shape::warps; ++i) warp.emplace_back(std::make_unique<meeting>(Shape::lanes));
        }
        meeting all;
        std::vector<std::unique_ptr<meeting>> warp;
        std::byte* memory = nullptr;
        // Two of each: a thread that writes the next ones is at most one barrier ahead of a thread that reads the last.
        std::uint64_t lane_value[2][Shape::warps][Shape::lanes] = {};
        std::uint64_t thread_value[2][Shape::threads] = {};
        std::uint32_t turn[2][Shape::threads] = {};
    };

    explicit host_row(std::uint32_t count) : everyone(static_cast<std::ptrdiff_t>(count * Shape::threads)) {
        for (std::uint32_t i = 0; i < count; ++i) blocks.emplace_back(std::make_unique<block_state>());
    }

    meeting everyone;
    std::atomic<std::uint32_t> meetings = 0;             // how often all blocks have waited for each other
    std::atomic<std::uint32_t> started = 0, waited = 0;  // threads that called start(), and wait_for_start()
    std::vector<std::unique_ptr<block_state>> blocks;
};

/// One thread's place in the team.
template <class Shape>
class host_team : public Shape {
public:
    struct scratch {};

    host_team(host_row<Shape>& row, std::uint32_t block, std::uint32_t thread)
        : row_(&row), own_(row.blocks[block].get()), block_(block), thread_(thread) {}

    [[nodiscard]] std::uint32_t thread() const { return thread_; }
    [[nodiscard]] std::uint32_t lane() const { return thread_ % Shape::lanes; }
    [[nodiscard]] std::uint32_t warp() const { return thread_ / Shape::lanes; }
    [[nodiscard]] std::uint32_t block() const { return block_; }
    [[nodiscard]] std::uint32_t blocks() const { return static_cast<std::uint32_t>(row_->blocks.size()); }

    [[nodiscard]] std::byte* room() const { return own_->memory; }

    void sync() const { own_->all.arrive_and_wait(); }
    void sync_all() const {
        if (block_ == 0 && thread_ == 0) row_->meetings.fetch_add(1, std::memory_order_relaxed);
        row_->everyone.arrive_and_wait();
    }
    void warp_sync() const { own_->warp[warp()]->arrive_and_wait(); }
    void start() const {
        if (blocks() > 1) row_->started.fetch_add(1, std::memory_order_relaxed);
    }
    void wait_for_start() const {
        if (blocks() > 1) row_->waited.fetch_add(1, std::memory_order_relaxed);
    }

    template <class T>
    [[nodiscard]] T* at(T* own, std::uint32_t block) const {
        const auto offset = reinterpret_cast<const std::byte*>(own) - own_->memory;
        return reinterpret_cast<T*>(row_->blocks[block]->memory + offset);
    }

    std::uint32_t add(std::uint32_t* where, std::uint32_t value) const {
        return std::atomic_ref<std::uint32_t>(*where).fetch_add(value, std::memory_order_relaxed);
    }

    [[nodiscard]] std::uint32_t ballot(bool mine) const {
        std::uint32_t found = 0;
        all_lanes(mine ? 1 : 0,
                  [&](std::uint32_t lane, std::uint64_t value) { found |= static_cast<std::uint32_t>(value) << lane; });
        return found;
    }
    [[nodiscard]] std::uint64_t shuffle(std::uint64_t mine, std::uint32_t from) const {
        std::uint64_t found = 0;
        all_lanes(mine, [&](std::uint32_t lane, std::uint64_t value) { found = lane == from ? value : found; });
        return found;
    }
    [[nodiscard]] std::uint64_t shuffle_across(std::uint64_t mine, std::uint32_t bit) const {
        return shuffle(mine, lane() ^ bit);
    }
    [[nodiscard]] std::uint64_t warp_sum(std::uint64_t mine) const {
        std::uint64_t sum = 0;
        all_lanes(mine, [&](std::uint32_t, std::uint64_t value) { sum += value; });
        return sum;
    }
    [[nodiscard]] std::uint64_t warp_max(std::uint64_t mine) const {
        std::uint64_t most = 0;
        all_lanes(mine, [&](std::uint32_t, std::uint64_t value) { most = value > most ? value : most; });
        return most;
    }
    [[nodiscard]] std::int32_t warp_max(std::int32_t mine) const {
        constexpr std::uint32_t sign = 0x80000000u;
        return static_cast<std::int32_t>(
            static_cast<std::uint32_t>(warp_max(std::uint64_t{static_cast<std::uint32_t>(mine) ^ sign})) ^ sign);
    }
    [[nodiscard]] std::uint32_t warp_sum_of_words(std::uint32_t mine) const {
        return static_cast<std::uint32_t>(warp_sum(std::uint64_t{mine}));
    }
    [[nodiscard]] std::uint64_t warp_scan(std::uint64_t mine) const {
        std::uint64_t sum = 0;
        all_lanes(mine, [&](std::uint32_t lane, std::uint64_t value) { sum += lane <= this->lane() ? value : 0; });
        return sum;
    }
    [[nodiscard]] std::uint64_t sum_before(std::uint64_t mine, scratch&) const {
        const std::uint32_t turn = own_->turn[0][thread_] ^= 1;
        own_->thread_value[turn][thread_] = mine;
        sync();
        std::uint64_t sum = 0;
        for (std::uint32_t i = 0; i < thread_; ++i) sum += own_->thread_value[turn][i];
        return sum;
    }

private:
    template <class F>
    void all_lanes(std::uint64_t mine, const F& f) const {
        const std::uint32_t turn = own_->turn[1][thread_] ^= 1;
        own_->lane_value[turn][warp()][lane()] = mine;
        warp_sync();
        for (std::uint32_t lane = 0; lane < Shape::lanes; ++lane) f(lane, own_->lane_value[turn][warp()][lane]);
    }

    host_row<Shape>* row_;
    typename host_row<Shape>::block_state* own_;
    std::uint32_t block_;
    std::uint32_t thread_;
};

}  // namespace pluck_test
