// SPDX-License-Identifier: MIT
//
// What do log-probabilities cost? A draw that reports its token and the 20 best, call by call in turn with the same
// draw without a report, and with a categorical draw, which is mostly one exact total. The counter `ratio` is the
// report's draw over the plain one; `totals` is what the report adds, in categorical draws.
#include "support/registering.hpp"
#include "support/rows.hpp"
#include "support/timing.hpp"
#include <pluck/report.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

using namespace pluck_bench;

namespace {

constexpr std::array<std::size_t, 4> lengths = {1000, 32000, 128256, 262144};
constexpr std::size_t best = 20;

/// Each draw has a key of its own: which token it is decides how many are better.
class keys {
public:
    pluck::key next() { return {.seed = 1, .position = position_++}; }

private:
    std::uint64_t position_ = 0;
};

auto draw_by(const auto& chain) {
    return [chain, from = keys()](std::span<const float> row) mutable {
        return pluck::sample(row, chain, from.next()).token;
    };
}

auto report_by(const auto& chain, pluck::base of, std::size_t top, bool counts) {
    struct memory {
        std::array<std::int32_t, best> ids{};
        std::array<float, best> values{};
    };
    return [=, from = keys(), room = std::make_shared<memory>()](std::span<const float> row) mutable {
        pluck::report said{
            .of = of, .top = {std::span(room->ids).first(top), std::span(room->values).first(top)}, .counts = counts};
        const pluck::pick drawn = pluck::sample(row, chain, from.next(), said);
        benchmark::DoNotOptimize(said);
        return drawn.token;
    };
}

void add_one(const std::string& name, std::size_t vocab, const auto& chain, const auto& reporting) {
    add(name + "/" + std::to_string(vocab), [=](benchmark::State& state) {
        const auto& rows = rows_of(vocab, shape::typical);
        turns reported(rows, reporting);
        turns plain(rows, draw_by(chain));
        turns total(rows, draw_by(pluck::categorical{}));
        std::vector<double> with, without, totals;
        for (auto _ : state) {
            with.push_back(reported.next());
            state.SetIterationTime(with.back());
            without.push_back(plain.next());
            totals.push_back(total.next());
        }
        const double time = median(with), alone = median(without);
        state.counters["median_us"] = 1e6 * time / static_cast<double>(reported.size());
        state.counters["ratio"] = time / alone;
        state.counters["totals"] = (time - alone) / median(totals);
    });
}

void add_all(std::size_t vocab) {
    const auto add_base = [vocab](const std::string& name, const auto& chain, pluck::base of) {
        add_one(name + ", token", vocab, chain, report_by(chain, of, 0, false));
        add_one(name + ", token and 20", vocab, chain, report_by(chain, of, best, false));
        add_one(name + ", token, 20, kept", vocab, chain, report_by(chain, of, best, true));
    };
    const auto top_k = pluck::temperature(0.8f) | pluck::top_k(50);
    const auto top_p = pluck::temperature(0.8f) | pluck::top_p(0.95f);
    add_base("categorical, raw", pluck::categorical{}, pluck::base::raw);
    add_base("top-k, raw", top_k, pluck::base::raw);
    add_base("top-k, tempered", top_k, pluck::base::tempered);
    add_base("top-k, chain", top_k, pluck::base::chain);
    add_base("top-p, raw", top_p, pluck::base::raw);
    add_base("top-p, chain", top_p, pluck::base::chain);
}

}  // namespace

int main(int argc, char** argv) {
    for (const std::size_t vocab : lengths) add_all(vocab);
    return run_all(argc, argv);
}
