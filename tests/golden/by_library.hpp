// SPDX-License-Identifier: MIT
//
// The golden cases by the library.
#pragma once

#include "dossiers/all.hpp"
#include "golden/cases.hpp"
#include <pluck/sample.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace golden {

/// A stage that holds a list of others: for chains that no type of the library's spells out.
struct script : pluck::stage {
    static constexpr pluck::verb does = pluck::verb::keep;
    const golden::stage* steps;
    std::size_t count;

    script(const golden::stage* from, std::size_t size) : steps(from), count(size) {}

    template <class Row>
    void operator()(Row& row) const {
        for (std::size_t i = 0; i < count && row.state() == pluck::status::ok; ++i) {
            const golden::stage& s = steps[i];
            switch (s.kind) {
                case golden::stage::temperature: pluck::temperature(s.value)(row); break;
                case golden::stage::top_k: pluck::top_k(s.count)(row); break;
                case golden::stage::top_p: pluck::top_p(s.value, s.min_keep)(row); break;
                case golden::stage::min_p: pluck::min_p(s.value, s.min_keep)(row); break;
                case golden::stage::greedy: static_cast<void>(pluck::greedy{}(row)); break;
                case golden::stage::drop_above: drop(row, s.count); break;
                case golden::stage::keep_mass_at_least: row.keep_mass_at_least(s.count); break;
            }
        }
    }

private:
    /// Drops the `n` best, but never the last.
    template <class Row>
    static void drop(Row& row, u64 n) {
        std::vector<pluck::ranking_key> keys;
        row.for_each([&](std::int32_t token, const float& score, u64) { keys.emplace_back(score, token); });
        std::sort(keys.begin(), keys.end(), [](auto a, auto b) { return a.value > b.value; });
        row.drop_above(keys[std::min<std::size_t>(n, keys.size() - 1)]);
    }
};

/// Draws with these 128 bits.
struct drawn_at : pluck::stage {
    static constexpr pluck::verb does = pluck::verb::draw;
    pluck::bits128 point;

    explicit drawn_at(oracle::u128 bits) {
        for (u32& word : point.word) word = static_cast<u32>(bits), bits >>= 32;
    }

    template <class Row>
    std::int32_t operator()(Row& row) const {
        return row.draw(point);
    }
};

/// Calls f with the chain as the library's own type.
template <class F>
auto with_chain(const std::vector<stage>& steps, const F& f) {
    const auto t = [&](std::size_t i) { return pluck::temperature(steps[i].value); };
    const auto k = [&](std::size_t i) { return pluck::top_k(steps[i].count); };
    const auto p = [&](std::size_t i) { return pluck::top_p(steps[i].value, steps[i].min_keep); };
    const auto m = [&](std::size_t i) { return pluck::min_p(steps[i].value, steps[i].min_keep); };
    const std::string names = letters_of(steps);
    if (names.empty()) return f(pluck::chain{});
    if (names == "T") return f(t(0));
    if (names == "K") return f(k(0));
    if (names == "P") return f(p(0));
    if (names == "M") return f(m(0));
    if (names == "G") return f(pluck::greedy{});
    if (names == "TK") return f(t(0) | k(1));
    if (names == "TP") return f(t(0) | p(1));
    if (names == "TM") return f(pluck::chain{t(0), m(1)});
    if (names == "PT") return f(p(0) | t(1) | pluck::categorical{});
    if (names == "KP") return f(k(0) | p(1));
    if (names == "TKP") return f(pluck::chain{t(0), k(1), p(2)});
    if (names == "TPG") return f(t(0) | p(1) | pluck::greedy{});
    if (names == "TKPM") return f(pluck::combined{.temperature = t(0), .top_k = k(1), .top_p = p(2), .min_p = m(3)});
    if (names == "MPKT") return f(m(0) | (p(1) | k(2)) | t(3));
    return f(script{steps.data(), steps.size()});
}

/// Calls f with a value of that type.
template <class F>
auto with_type(scalar type, const F& f) {
    if (type == scalar::f64) return f(double{});
    if (type == scalar::f16) return f(pluck::half{});
    if (type == scalar::bf16) return f(pluck::bfloat16{});
    return f(float{});
}

struct by_library {
    [[nodiscard]] float scale(double temperature) const { return pluck::mass_scale(temperature); }
    [[nodiscard]] double scaled(double temperature, float t) const {
        return pluck::scaled_temperature(temperature, static_cast<double>(t));
    }
    [[nodiscard]] u64 mass(float difference, float scale) const { return pluck::mass_of(difference, scale); }
    [[nodiscard]] double log_of(float m) const { return pluck::log_of(m); }
    [[nodiscard]] u64 share(float p, u64 total) const { return pluck::mass_share(p, total); }
    [[nodiscard]] std::array<u64, 2> random(u64 seed, u64 sequence, u64 position) const {
        const pluck::bits128 bits = pluck::randomness(pluck::key{seed, sequence, position}).base;
        return {u64{bits.word[1]} << 32 | bits.word[0], u64{bits.word[3]} << 32 | bits.word[2]};
    }
    [[nodiscard]] float widen(scalar type, u64 bits) const {
        if (type == scalar::f64) return pluck::scalar_traits<double>::widen(std::bit_cast<double>(bits));
        const auto low = static_cast<std::uint16_t>(bits);
        if (type == scalar::f16) return pluck::scalar_traits<pluck::half>::widen(pluck::half{low});
        return pluck::scalar_traits<pluck::bfloat16>::widen(pluck::bfloat16{low});
    }

    [[nodiscard]] outcome draw(const draw_case& made) const {
        return with_type(made.row.type, [&](auto zero) { return draw_as<decltype(zero)>(made); });
    }
    [[nodiscard]] std::vector<outcome> draw(const batch_case& made) const {
        return with_type(made.rows[0].row.type, [&](auto zero) { return draw_as<decltype(zero)>(made); });
    }

    /// The case with another chain than its own.
    [[nodiscard]] outcome draw(const draw_case& made, std::span<const dossiers::step> steps) const {
        return with_type(made.row.type, [&](auto zero) {
            const row_memory<decltype(zero)> memory(made);
            const dossiers::chain chain = dossiers::chained(steps);
            return inspected(memory.view, chain, key_of(made), 0, pluck::sample(memory.view, chain, key_of(made)));
        });
    }

private:
    template <class Scalar>
    static void put(Scalar& where, u64 bits) {
        static_assert(std::is_trivially_copyable_v<Scalar>);
        using word = std::conditional_t<sizeof where == 8, u64,
                                        std::conditional_t<sizeof where == 4, std::uint32_t, std::uint16_t>>;
        const auto low = static_cast<word>(bits);
        std::memcpy(static_cast<void*>(&where), &low, sizeof where);
    }

    /// A row where it lies.
    template <class Scalar>
    struct row_memory {
        std::vector<Scalar> memory;
        pluck::logits_view<Scalar> view;

        explicit row_memory(const draw_case& made) {
            const std::size_t size = made.row.bits.size();
            const auto step = static_cast<std::size_t>(made.stride < 0 ? -made.stride : made.stride);
            memory.resize(size * step + 1);
            const std::size_t first = made.stride < 0 && size > 0 ? (size - 1) * step : 0;
            for (std::size_t i = 0; i < size; ++i)
                put(memory[made.stride < 0 ? first - i * step : i * step], made.row.bits[i]);
            view = {memory.data() + first, size, made.stride};
        }
    };

    static pluck::key key_of(const draw_case& made) {
        return {.seed = made.seed, .sequence = made.sequence, .position = made.position};
    }

    /// What the row keeps and draws, and that sample() draws the same.
    template <class View, class Chain>
    static outcome inspected(const View& view, const Chain& chain, const pluck::key& key, std::size_t index,
                             const pluck::pick& sampled) {
        pluck::workspace scratch;
        pluck::cpu::row row(view, scratch, pluck::randomness(key), index);
        const pluck::pick drawn = pluck::run(pluck::as_chain(chain), row);
        outcome result;
        result.token = sampled.token;
        result.status = drawn == sampled ? pluck::to_string(drawn.status) : "another_pick_when_inspected";
        if (!drawn) return result;

        result.kept = row.count();
        result.total = row.total();
        row.for_each([&](std::int32_t token, float, u64 mass) {
            result.ids_and_masses.add(static_cast<u64>(token));
            result.ids_and_masses.add(mass);
        });
        return result;
    }

    template <class Scalar>
    static outcome draw_as(const draw_case& made) {
        const row_memory<Scalar> memory(made);
        const auto& view = memory.view;
        const pluck::key key = key_of(made);
        const script steps{made.chain.data(), made.chain.size()};
        if (made.point) {
            const auto chain = steps | drawn_at(*made.point);
            return inspected(view, chain, key, 0, pluck::sample(view, chain, key));
        }
        // Each chain with each type of logits would take long to compile and show nothing new.
        if constexpr (!std::is_same_v<Scalar, float>)
            return inspected(view, steps, key, 0, pluck::sample(view, steps, key));
        else
            return with_chain(made.chain, [&](const auto& chain) {
                return inspected(view, chain, key, 0, pluck::sample(view, chain, key));
            });
    }

    template <class Scalar>
    static std::vector<outcome> draw_as(const batch_case& made) {
        const std::size_t rows = made.rows.size(), vocab = made.rows[0].row.bits.size();
        const std::size_t row_step = made.column_major ? 1 : vocab + 3, step = made.column_major ? rows + 1 : 1;
        std::vector<Scalar> memory((rows + 1) * (vocab + 3));
        std::vector<pluck::key> keys;
        std::vector<pluck::combined> chains;
        std::vector<float> t(rows), p(rows), m(rows);  // filled as bits: a NaN may be among them
        std::vector<std::int32_t> k(rows);
        for (std::size_t r = 0; r < rows; ++r) {
            const draw_case& row = made.rows[r];
            for (std::size_t i = 0; i < vocab; ++i) put(memory[r * row_step + i * step], row.row.bits[i]);
            keys.push_back({.seed = row.seed, .sequence = row.sequence, .position = row.position});
            if (made.joint == batch_case::parameters_per_row) {
                put(t[r], bits_of(row.chain[0].value)), put(p[r], bits_of(row.chain[2].value));
                put(m[r], bits_of(row.chain[3].value));
                k[r] = static_cast<std::int32_t>(row.chain[1].count);
            } else {
                chains.push_back({.temperature = row.chain[0].value,
                                  .top_k = row.chain[1].count,
                                  .top_p = {row.chain[2].value, row.chain[2].min_keep},
                                  .min_p = {row.chain[3].value, row.chain[3].min_keep}});
            }
        }
        const pluck::batch_view<Scalar> batch{memory.data(), rows, vocab, static_cast<std::ptrdiff_t>(row_step),
                                              static_cast<std::ptrdiff_t>(step)};
        const auto per_row = pluck::temperature(pluck::per_row<float>(t)) |
                             pluck::top_k(pluck::per_row<std::int32_t>(k)) | pluck::top_p(pluck::per_row<float>(p)) |
                             pluck::min_p(pluck::per_row<float>(m));

        std::vector<pluck::pick> picks(rows);
        if (made.joint == batch_case::one_chain) pluck::sample_rows(batch, chains[0], keys, picks);
        else if (made.joint == batch_case::chain_per_row) pluck::sample_rows(batch, chains, keys, picks);
        else pluck::sample_rows(batch, per_row, keys, picks);

        std::vector<outcome> result;
        for (std::size_t r = 0; r < rows; ++r) {
            result.push_back(made.joint == batch_case::parameters_per_row
                                 ? inspected(batch.row(r), per_row, keys[r], r, picks[r])
                                 : inspected(batch.row(r), chains[r], keys[r], r, picks[r]));
        }
        return result;
    }
};

}  // namespace golden
