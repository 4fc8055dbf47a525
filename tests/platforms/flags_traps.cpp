// SPDX-License-Identifier: MIT
//
// Draws in a program that has the processor trap invalid operations, divisions by zero and overflows, as programs do
// that look for their own. No draw raises the first two. It does overflow where scores are further apart than the
// largest float: their difference is -infinity by definition. Prints where something else is raised, and fails.
#include "support/logit_cases.hpp"
#include <pluck/sample.hpp>

#include <array>
#include <bit>
#include <cfenv>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <type_traits>
#include <ucontext.h>
#include <vector>

namespace {

constexpr unsigned trapped = 0x4u | 0x8u | 0x1u;  // of MXCSR: overflow, division by zero, invalid
std::array<const void*, 64> places;
std::size_t known = 0;
std::size_t raised = 0;

bool far_apart = false;  // the scores that are drawn from

void set_traps(bool on) {
    if (on) feenableexcept(FE_INVALID | FE_DIVBYZERO | (far_apart ? 0 : FE_OVERFLOW));
    else fedisableexcept(FE_ALL_EXCEPT);
}

// Notes the instruction, and lets it pass.
void on_trap(int, siginfo_t* info, void* context) {
    ++raised;
    bool seen = false;
    for (std::size_t i = 0; i < known; ++i) seen = seen || places[i] == info->si_addr;
    if (!seen && known < places.size()) places[known++] = info->si_addr;
    auto* machine = static_cast<ucontext_t*>(context);
    machine->uc_mcontext.fpregs->mxcsr |= trapped << 7;
    machine->uc_mcontext.fpregs->mxcsr &= ~0x3fu;
}

struct hard_row {
    std::vector<float> logits;
    const char* name;
};

hard_row row_of(std::size_t size, std::size_t kind, std::uint64_t number) {
    pluck_test::random_numbers numbers(number, 7);
    std::vector<float> row(size);
    const float least = std::bit_cast<float>(1u);
    const float largest = std::bit_cast<float>(0x7f7fffffu);
    const float forbidden = std::bit_cast<float>(0xff800000u);
    static constexpr std::array names = {
        "normal", "half forbidden", "few allowed", "whole blocks forbidden", "subnormal", "any bits", "huge",
        "lowest", "zeros",          "ties"};
    for (std::size_t i = 0; i < size; ++i) {
        const auto some = static_cast<float>(numbers.normal() * 3);
        switch (kind) {
            case 0: row[i] = some; break;
            case 1: row[i] = numbers.chance(2) ? forbidden : some; break;
            case 2: row[i] = numbers.chance(100) ? some : forbidden; break;
            case 3: row[i] = i / 64 % 3 == 1 ? some : forbidden; break;
            case 4: row[i] = std::bit_cast<float>(static_cast<std::uint32_t>(numbers.bits()) & 0x807fffffu); break;
            case 5: {
                const auto bits = static_cast<std::uint32_t>(numbers.bits());
                row[i] = (bits & 0x7f800000u) == 0x7f800000u ? forbidden : std::bit_cast<float>(bits);
                break;
            }
            case 6: row[i] = numbers.chance(2) ? largest : numbers.chance(2) ? -largest : forbidden; break;
            case 7: row[i] = numbers.chance(3) ? forbidden : -largest; break;
            case 8: row[i] = numbers.chance(2) ? -0.0f : numbers.chance(3) ? least : 0.0f; break;
            default: row[i] = numbers.chance(9) ? forbidden : static_cast<float>(numbers.below(3)); break;
        }
    }
    row[numbers.below(size)] = kind == 7 ? -largest : 0.5f;  // one is a candidate
    return {row, names[kind]};
}

template <class Scalar>
std::vector<Scalar> as(const std::vector<float>& logits) {
    std::vector<Scalar> row;
    for (const float each : logits) {
        auto bits = static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(each) >> 16);
        // Of a half any bits will do, as long as they are a number, or -infinity where that was.
        if (std::is_same_v<Scalar, pluck::half> && bits == 0xff80) bits = 0xfc00;
        else if (std::is_same_v<Scalar, pluck::half> && (bits & 0x7c00u) == 0x7c00u) bits &= 0xfbffu;
        if constexpr (std::is_floating_point_v<Scalar>) row.push_back(Scalar{each});
        else row.push_back(Scalar{bits});
    }
    return row;
}

std::size_t failures = 0;

template <class Row, class Chain>
void draw(const Row& row, const Chain& chain, const char* name, const char* what, std::size_t size) {
    for (int seed = 0; seed < 2; ++seed) {
        set_traps(true);
        raised = 0;
        const pluck::pick picked = pluck::sample(row, chain, {.seed = seed});
        set_traps(false);
        if (raised != 0 && failures++ < 20) std::printf("a trap: %s, %s, %zu tokens\n", name, what, size);
        if (!picked && failures++ < 20) std::printf("not drawn: %s, %s, %zu tokens\n", name, what, size);
    }
}

template <class Row>
void draw_in_all_ways(const Row& row, const char* name, std::size_t size) {
    static constexpr std::array temperatures = {0x1p-64, 1e-15, 1e-6, 0.7, 1.0, 30.0, 1e12, 0x1p64};
    for (const double t : temperatures) {
        draw(row, pluck::temperature(t), name, "T", size);
        draw(row, pluck::temperature(t) | pluck::rejection{}, name, "T, by rejection", size);
        for (const double p : {0.0, 1e-30, 0.3, 0.95, 0.9999, 1.0}) {
            draw(row, pluck::temperature(t) | pluck::top_p(p), name, "T and top_p", size);
            draw(row, pluck::temperature(t) | pluck::top_p(p, 5) | pluck::rejection{}, name, "top_p, rejection", size);
            draw(row, pluck::top_k(200) | pluck::temperature(t) | pluck::top_p(p), name, "top_k, T, top_p", size);
        }
        for (const double m : {0.0, 1e-30, 0.01, 0.9, 1.0})
            draw(row, pluck::temperature(t) | pluck::min_p(m, 3), name, "T and min_p", size);
        draw(row, pluck::combined{.temperature = t, .top_k = 50, .top_p = 0.9, .min_p = 0.02}, name, "all", size);
    }
    for (const int k : {1, 2, 60, 1000}) draw(row, pluck::top_k(k), name, "top_k", size);
    draw(row, pluck::greedy{}, name, "greedy", size);
}

}  // namespace

int main() {
    struct sigaction act {};
    act.sa_sigaction = on_trap;
    act.sa_flags = SA_SIGINFO;
    sigaction(SIGFPE, &act, nullptr);

    std::uint64_t number = 0;
    for (const std::size_t size : {1u, 2u, 63u, 64u, 100u, 460u, 1500u, 2100u, 4500u, 9000u, 40000u}) {
        for (std::size_t kind = 0; kind < 10; ++kind) {
            const hard_row made = row_of(size, kind, ++number);
            far_apart = kind == 5 || kind == 6;
            draw_in_all_ways(made.logits, made.name, size);
            if (size > 5000) continue;
            draw_in_all_ways(as<double>(made.logits), made.name, size);
            draw_in_all_ways(as<pluck::bfloat16>(made.logits), made.name, size);
            draw_in_all_ways(as<pluck::half>(made.logits), made.name, size);
        }
    }
    for (std::size_t i = 0; i < known; ++i) std::printf("trapped at %p\n", places[i]);
    std::printf("%zu draws that raise what they should not\n", failures);
    return failures == 0 ? 0 : 1;
}
