// SPDX-License-Identifier: MIT
//
// Compares a row of the library under a dynamic chain with the oracle: status, token, temperature, total mass, best
// token, the kept set with each of its masses in ranking order, and the token at both ends of every interval of U.
#pragma once

#include "dossiers/all.hpp"
#include "exact/report.hpp"
#include "exact/run_chain.hpp"
#include "exact/splitmix.hpp"
#include "reference/oracle.hpp"
#include <pluck/detail/philox.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/key.hpp>
#include <pluck/pick.hpp>
#include <pluck/workspace.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace exact {

using oracle::u128;

[[nodiscard]] inline pluck::bits128 words_of(u128 bits) {
    return {{static_cast<std::uint32_t>(bits), static_cast<std::uint32_t>(bits >> 32),
             static_cast<std::uint32_t>(bits >> 64), static_cast<std::uint32_t>(bits >> 96)}};
}

/// The least U for which floor(U * total / 2^128) is `mass`: ceil(mass * 2^128 / total), for mass < total.
[[nodiscard]] inline u128 first_of(u64 mass, u64 total) {
    const u128 high = u128{mass} << 64, low = high % total << 64;
    return (high / total << 64) + low / total + (low % total != 0);
}

/// Compares one row after the other, and counts. Its vectors are members so that their memory is reused.
class comparison {
public:
    static constexpr std::size_t all_edges = ~std::size_t{0};

    std::vector<float> scores;
    std::vector<dossiers::step> chain;
    pluck::workspace scratch;
    const char* sampler = "";  // whose case it is, for the report

    /// Runs the chain on `row`, which has just been made from the scores in question, and compares it with what the
    /// oracle found. Checks the ends of the intervals of at most `edges` tokens.
    template <class Row>
    void check(const question& asked, const oracle::result& want, Row& row, std::size_t edges) {
        ++found.rows;
        const dossiers::chain rules = dossiers::chained(asked.chain);
        const std::int32_t token = settle(rules, row) ? run_stages(rules, row, asked.number / 8 % 4 == 0) : -1;
        equal(asked, "token", want.token, token);
        equal(asked, "status", want.status, static_cast<int>(row.state()));
        if (want.status != oracle::ok || row.state() != pluck::status::ok) return;

        rank_of_.assign(asked.scores.size(), -1);
        for (std::size_t rank = 0; rank < want.kept.size(); ++rank)
            rank_of_[static_cast<std::size_t>(want.kept[rank])] = static_cast<std::int32_t>(rank);

        const bool drawn = !asked.chain.empty() && asked.chain.back().is_draw();
        const int by_mass = drawn ? oracle::by_mass(want, asked.U) : want.token;
        equal(asked, "token by mass", by_mass, row.draw(words_of(asked.U)));
        if (asked.number % 16 == 1) check_edges(asked, want, row, edges);  // while a nucleus is not cut yet
        equal(asked, "total mass", want.total, row.total());
        equal(asked, "kept tokens", want.kept.size(), row.count());
        equal(asked, "best token", want.kept[0], row.best().token());
        equal(asked, "temperature", want.temperature, row.temperature());
        check_edges(asked, want, row, edges);
        check_kept(asked, want, row);  // last, since it drops the tokens of a row that cannot list them
    }

    /// Compares one of the library's answers with the oracle's.
    template <class T, class U>
    void equal(const question& asked, const char* what, const T& want, const U& got) {
        ++found.checks;
        if (static_cast<T>(got) == want) return;
        if (found.mismatches++ == 0) found.first = report(asked, sampler, what, text_of(want), text_of(got));
    }

    tally found;

private:
    struct interval {
        std::int32_t token;
        u64 begin, end;
    };

    template <class Row>
    void check_edges(const question& asked, const oracle::result& want, Row& row, std::size_t edges) {
        intervals_.clear();
        u64 sum = 0;
        for (std::size_t id = 0; id < rank_of_.size(); ++id) {
            if (rank_of_[id] < 0) continue;
            const u64 mass = want.masses[static_cast<std::size_t>(rank_of_[id])];
            if (mass != 0) intervals_.push_back({static_cast<std::int32_t>(id), sum, sum + mass});
            sum += mass;
        }
        splitmix random(1, asked.number);
        const std::size_t count = intervals_.size();
        for (std::size_t i = 0; i < count && i < edges; ++i) {
            const interval& own = intervals_[count <= edges || i == 0 ? i : i == 1 ? count - 1 : random.below(count)];
            const u128 last = own.end == sum ? ~u128{0} : first_of(own.end, sum) - 1;
            equal(asked, "token at the first U of an interval", own.token,
                  row.draw(words_of(first_of(own.begin, sum))));
            equal(asked, "token at the last U of an interval", own.token, row.draw(words_of(last)));
        }
    }

    template <class Row>
    void check_kept(const question& asked, const oracle::result& want, Row& row) {
        keys_.assign(want.kept.size(), pluck::ranking_key{});
        if constexpr (dossiers::listing_row<Row>) {
            row.for_each([&](std::int32_t token, float score, std::uint64_t mass) {
                const std::int32_t rank = rank_of_[static_cast<std::size_t>(token)];
                if (rank < 0) return equal(asked, "a token that should not be kept", -1, token);
                keys_[static_cast<std::size_t>(rank)] = {score, token};
                equal(asked, "mass of a token", want.masses[static_cast<std::size_t>(rank)], mass);
            });
        } else {
            for (pluck::ranking_key& key : keys_) {
                key = row.best();
                row.drop_above(pluck::ranking_key{key.value - 1});
            }
        }
        for (std::size_t rank = 0; rank < keys_.size(); ++rank) {
            equal(asked, "token at a rank", want.kept[rank], keys_[rank].token());
            if (rank > 0) equal(asked, "order of two ranks", true, keys_[rank - 1] > keys_[rank]);
        }
    }

    std::vector<std::int32_t> rank_of_;  // by token id; -1 where the oracle does not keep it
    std::vector<pluck::ranking_key> keys_;
    std::vector<interval> intervals_;
};

}  // namespace exact
