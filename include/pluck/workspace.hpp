// SPDX-License-Identifier: MIT
//
// The scratch memory of one row on the CPU. It grows to the longest row that it has seen and is then reused, so that a
// draw allocates nothing once warm.
#pragma once

#include <pluck/detail/config.hpp>
#include <pluck/detail/ranking.hpp>

#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

namespace pluck { inline namespace v0 {

namespace cpu {

/// Logits per block. Small enough that reading the few blocks that matter is cheap, large enough that the maxima are a
/// small part of the row: 64 floats are four cache lines, and have one maximum.
inline constexpr std::size_t block_size = 64;

[[nodiscard]] PLUCK_TAGGED constexpr std::size_t blocks_of(std::size_t size) noexcept {
    return (size + block_size - 1) / block_size;
}

}  // namespace cpu

/// Scratch memory for `sample(row, chain, key, workspace)`, one for each thread that samples at the same time.
///
/// Without it, sample() uses one that belongs to the calling thread and lives as long as the thread does.
/// Cost.         28 bytes of address space for each token of the longest row seen, 28 for each 64, and 32 KB; memory is
///               taken where draws write: mostly little beyond the kept tokens. Twice that once a report has needed a
///               row of its own.
class workspace {
public:
    /// Makes room for rows of this length now, so that later draws allocate nothing. False if memory was refused.
    [[nodiscard]] PLUCK_TAGGED bool reserve(std::size_t vocab) noexcept {
        if (vocab <= scores_.size() && scores_) return true;
        const std::size_t blocks = cpu::blocks_of(vocab);
        auto scores = buffer<float>(vocab);
        auto tokens = buffer<std::int32_t>(vocab);
        auto spare_scores = buffer<float>(vocab);
        auto spare_tokens = buffer<std::int32_t>(vocab);
        auto ordered = buffer<std::int32_t>(vocab);
        auto weights = buffer<std::uint64_t>(vocab);
        auto block_best = buffer<std::int32_t>(blocks);
        auto block_mass = buffer<std::uint64_t>(blocks);
        auto marks = buffer<std::uint64_t>(blocks);
        auto forbidden = buffer<std::uint64_t>(blocks + 1);  // vectors of bits are loaded with what follows them
        auto ranking = buffer<std::uint64_t>(vocab < max_ranked ? vocab : max_ranked);
        if (!scores || !tokens || !spare_scores || !spare_tokens || !ordered || !weights || !block_best ||
            !block_mass || !marks || !forbidden || !ranking)
            return false;
        scores_ = std::move(scores);
        tokens_ = std::move(tokens);
        spare_scores_ = std::move(spare_scores);
        spare_tokens_ = std::move(spare_tokens);
        ordered_ = std::move(ordered);
        weights_ = std::move(weights);
        block_best_ = std::move(block_best);
        block_mass_ = std::move(block_mass);
        marks_ = std::move(marks);
        forbidden_ = std::move(forbidden);
        ranking_ = std::move(ranking);
        return true;
    }

    /// That of another row over the same logits, as log-probabilities may need; made when it is first asked for. Null
    /// if memory was refused.
    [[nodiscard]] PLUCK_TAGGED workspace* second() noexcept { return second_.get(); }

    [[nodiscard]] PLUCK_TAGGED float* scores() noexcept { return scores_.get(); }
    [[nodiscard]] PLUCK_TAGGED std::int32_t* tokens() noexcept { return tokens_.get(); }
    /// Where the next row is gathered while the present one is still needed.
    [[nodiscard]] PLUCK_TAGGED float* spare_scores() noexcept { return spare_scores_.get(); }
    [[nodiscard]] PLUCK_TAGGED std::int32_t* spare_tokens() noexcept { return spare_tokens_.get(); }
    PLUCK_TAGGED void swap_spare() noexcept {
        scores_.swap(spare_scores_);
        tokens_.swap(spare_tokens_);
    }
    [[nodiscard]] PLUCK_TAGGED std::int32_t* ordered() noexcept { return ordered_.get(); }
    [[nodiscard]] PLUCK_TAGGED std::uint64_t* weights() noexcept { return weights_.get(); }
    [[nodiscard]] PLUCK_TAGGED std::int32_t* block_best() noexcept { return block_best_.get(); }
    [[nodiscard]] PLUCK_TAGGED std::uint64_t* block_mass() noexcept { return block_mass_.get(); }
    [[nodiscard]] PLUCK_TAGGED std::uint64_t* marks() noexcept { return marks_.get(); }
    [[nodiscard]] PLUCK_TAGGED std::uint64_t* forbidden() noexcept { return forbidden_.get(); }
    [[nodiscard]] PLUCK_TAGGED std::uint64_t* ranking() noexcept { return ranking_.get(); }

private:
    /// Memory that is not initialised: pages that no draw touches are never mapped.
    template <class T>
    class buffer {
    public:
        PLUCK_TAGGED buffer() noexcept {}
        PLUCK_TAGGED explicit buffer(std::size_t count) noexcept
            : memory_(static_cast<T*>(::operator new(count * sizeof(T), std::nothrow))), size_(count) {}
        PLUCK_TAGGED buffer(buffer&& other) noexcept { swap(other); }
        PLUCK_TAGGED buffer& operator=(buffer&& other) noexcept {
            swap(other);
            return *this;
        }
        PLUCK_TAGGED ~buffer() { ::operator delete(memory_); }
        PLUCK_TAGGED explicit operator bool() const noexcept { return memory_ != nullptr; }
        [[nodiscard]] PLUCK_TAGGED T* get() const noexcept { return memory_; }
        [[nodiscard]] PLUCK_TAGGED std::size_t size() const noexcept { return size_; }
        PLUCK_TAGGED void swap(buffer& other) noexcept {
            T* const memory = memory_;
            const std::size_t size = size_;
            memory_ = other.memory_;
            size_ = other.size_;
            other.memory_ = memory;
            other.size_ = size;
        }

    private:
        T* memory_ = nullptr;
        std::size_t size_ = 0;
    };

    class another {
    public:
        PLUCK_TAGGED another() noexcept {}
        PLUCK_TAGGED another(another&& other) noexcept { swap(other); }
        PLUCK_TAGGED another& operator=(another&& other) noexcept {
            swap(other);
            return *this;
        }
        PLUCK_TAGGED ~another() { delete made_; }
        [[nodiscard]] PLUCK_TAGGED workspace* get() noexcept {
            if (made_ == nullptr) made_ = new (std::nothrow) workspace;
            return made_;
        }

    private:
        PLUCK_TAGGED void swap(another& other) noexcept {
            workspace* const mine = made_;
            made_ = other.made_;
            other.made_ = mine;
        }
        workspace* made_ = nullptr;
    };

    buffer<float> scores_;
    buffer<std::int32_t> tokens_;
    buffer<float> spare_scores_;
    buffer<std::int32_t> spare_tokens_;
    buffer<std::int32_t> ordered_;
    buffer<std::uint64_t> weights_;
    buffer<std::int32_t> block_best_;
    buffer<std::uint64_t> block_mass_;
    buffer<std::uint64_t> marks_;
    buffer<std::uint64_t> forbidden_;
    buffer<std::uint64_t> ranking_;
    another second_;
};

}}  // namespace pluck::v0
