// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/logit_cases.hpp"
#include "unit/cpu/kernel_rows.hpp"
#include "unit/helpers.hpp"
#include <pluck/cpu/isa/dispatch.hpp>
#include <pluck/cpu/kernels/subsample.hpp>
#include <pluck/detail/mass.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

using namespace pluck_test;
namespace cpu = pluck::cpu;
namespace kernels = pluck::cpu::kernels;

TEST_CASE("a sample lies within its row, wherever it ends, and all over it") {
    for (const std::size_t size : {2048u, 2049u, 2175u, 2176u, 4095u, 6000u, 128256u}) {
        kernels::sample_places places(size);
        std::size_t last = 0;
        for (std::size_t i = 0; i < kernels::sampled_places; ++i) {
            const std::size_t begin = places.next();
            CHECK((i == 0 || begin >= last));
            last = begin + kernels::sampled_neighbours;
            CHECK(last <= size);
        }
        CHECK(last + 2 * size / kernels::sampled_places >= size);
    }
}

TEST_CASE("what a sample says of the mass below a score is near it") {
    random_numbers numbers(1, 21);
    std::vector<float> row(30'000);
    for (float& score : row) score = static_cast<float>(numbers.uniform() * 4);
    const float scale = pluck::mass_scale(0.8);
    std::vector<float> sample(kernels::max_sampled);
    kernels::take_sample(row.size(), sample.data(), [&](std::size_t begin, std::size_t n, float* to) noexcept {
        std::copy_n(row.begin() + static_cast<std::ptrdiff_t>(begin), n, to);
    });
    for (const float high : {0.5f, 2.0f, 3.5f, 5.0f}) {
        double exact = 0;
        std::size_t count = 0;
        for (const float score : row) {
            if (score >= high) continue;
            exact += static_cast<double>(pluck::mass_of(score - 4.0f, scale)) * 0x1p-40;
            ++count;
        }
        const kernels::sampled_tail sampled =
            cpu::run_kernel<kernels::sample_below>(sample.data(), row.size(), 4.0f, scale, high);
        CHECK(std::abs(sampled.weight / exact - 1) < 0.2);
        CHECK(std::abs(sampled.tokens / static_cast<double>(count) - 1) < 0.2);
    }
}

TEST_CASE("what the best tokens of blocks weigh is near their masses, whatever the sign of their scores") {
    const float scale = pluck::mass_scale(0.8);
    for (const float best : {9.0f, 0.0f, -7.0f}) {
        random_numbers numbers(2, 21);
        std::vector<std::int32_t> block_best(100);
        for (std::int32_t& score : block_best) {
            score = pluck::detail::ordered(best - static_cast<float>(numbers.uniform() * 6));
        }
        const std::int32_t low = pluck::detail::ordered(best - 3);
        for (const std::size_t blocks : {1u, 7u, 8u, 17u, 100u}) {
            double exact = 0;
            for (std::size_t i = 0; i < blocks; ++i) {
                if (block_best[i] < low) continue;
                exact +=
                    static_cast<double>(pluck::mass_of(pluck::detail::float_of(block_best[i]) - best, scale)) * 0x1p-40;
            }
            const double found = cpu::run_kernel<kernels::best_powers>(block_best.data(), blocks, best, scale, low);
            CHECK(found * kernels::chord::least <= exact);
            CHECK(found * kernels::chord::most >= exact);
        }
    }
}
