// SPDX-License-Identifier: MIT
//
// Stages of a user's own, one for each thing that a stage may do.
#pragma once

#include <pluck/inspect.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

namespace pluck_test {

struct at_least : pluck::stage {  // keep
    static constexpr pluck::verb does = pluck::verb::keep;
    float score = 0;
    template <class Row>
    void operator()(Row& row) const {
        row.keep_at_least(score, 1);
    }
};

struct without_best : pluck::stage {  // keep: cuts from above
    static constexpr pluck::verb does = pluck::verb::keep;
    template <class Row>
    void operator()(Row& row) const {
        row.drop_above(pluck::ranking_key{row.best().value - 1});
    }
};

struct ban : pluck::stage {  // adjust
    static constexpr pluck::verb does = pluck::verb::adjust;
    std::int32_t token = 0;
    template <class Row>
    void operator()(Row& row) const {
        const std::array ids = {token};
        row.edit(ids, [](float, std::size_t) { return pluck::detail::minus_infinity; });
    }
};

struct negate : pluck::stage {  // adjust
    static constexpr pluck::verb does = pluck::verb::adjust;
    template <class Row>
    void operator()(Row& row) const {
        row.map([](float score, std::int32_t) { return -score; });
    }
};

struct allow : pluck::stage {  // adjust
    static constexpr pluck::verb does = pluck::verb::adjust;
    const std::uint32_t* words = nullptr;
    std::size_t count = 0;
    template <class Row>
    void operator()(Row& row) const {
        row.mask(std::span(words, count));
    }
};

struct twice_as_hot : pluck::stage {  // shape
    static constexpr pluck::verb does = pluck::verb::shape;
    template <class Row>
    void operator()(Row& row) const {
        row.scale(2);
    }
};

struct worst : pluck::stage {  // draw
    static constexpr pluck::verb does = pluck::verb::draw;
    template <class Row>
    std::int32_t operator()(Row& row) const {
        while (row.count() > 1) row.drop_above(pluck::ranking_key{row.best().value - 1});
        return row.best().token();
    }
};

struct by_chance : pluck::stage {  // keep, random
    static constexpr pluck::verb does = pluck::verb::keep;
    static constexpr bool random = true;
    template <class Row>
    void operator()(Row& row) const {
        row.keep_largest(1 + row.random(0x80000001u, 0).word[0] % 3);
    }
};

struct failing : pluck::stage {
    static constexpr pluck::verb does = pluck::verb::keep;
    template <class Row>
    void operator()(Row& row) const {
        row.fail(pluck::status::bad_parameter);
    }
};

struct finds_nothing : pluck::stage {  // draw
    static constexpr pluck::verb does = pluck::verb::draw;
    template <class Row>
    std::int32_t operator()(Row&) const {
        return -1;
    }
};

struct refuse : pluck::stage {  // adjust
    static constexpr pluck::verb does = pluck::verb::adjust;
    template <class Row>
    void operator()(Row& row) const {
        row.fail(pluck::status::bad_parameter);
    }
};

struct bits_seen {
    pluck::bits128 own;
    pluck::bits128 further;
    std::size_t index = 99;
    pluck::status state = pluck::status::out_of_memory;
};
struct see_bits : pluck::stage {  // adjust
    static constexpr pluck::verb does = pluck::verb::adjust;
    bits_seen* seen = nullptr;
    template <class Row>
    void operator()(Row& row) const {
        *seen = {row.uniform(), row.random(5, 6), row.index(), row.state()};
    }
};

struct draw_within : pluck::stage {  // keep: draws from another row, three deep, and cuts nothing
    static constexpr pluck::verb does = pluck::verb::keep;
    const std::vector<float>* row = nullptr;
    int depth = 0;
    template <class Row>
    void operator()(Row&) const {
        if (depth == 3) return;
        draw_within deeper = *this;
        ++deeper.depth;
        const auto nested = pluck::top_k(40) | deeper | pluck::top_p(0.5f);
        if (!pluck::sample(*row, nested, {.seed = depth})) std::abort();
    }
};

struct log_book {
    int calls = 0;
    std::int32_t token = -1;
    std::size_t kept = 0;
    std::size_t index = 0;
};

struct remember : pluck::stage {  // keeps nothing away, learns what was drawn
    static constexpr pluck::verb does = pluck::verb::keep;
    log_book* book = nullptr;
    template <class Row>
    void operator()(Row&) const {}
    template <class Row>
    void after(Row& row, std::int32_t token) const {
        ++book->calls;
        book->token = token;
        book->kept = row.count();
        book->index = row.index();
    }
};

struct trace {
    std::vector<int> steps;
};

template <int Step, pluck::verb Verb = pluck::verb::keep>
struct traced : pluck::stage {
    static constexpr pluck::verb does = Verb;
    trace* to = nullptr;
    template <class Row>
    void operator()(Row&) const {
        to->steps.push_back(Step);
    }
};

inline at_least at_least_of(float score) {
    at_least stage;
    stage.score = score;
    return stage;
}
inline ban ban_of(std::int32_t token) {
    ban stage;
    stage.token = token;
    return stage;
}
inline remember remember_in(log_book& book) {
    remember stage;
    stage.book = &book;
    return stage;
}
template <int Step, pluck::verb Verb = pluck::verb::keep>
traced<Step, Verb> traced_in(trace& to) {
    traced<Step, Verb> stage;
    stage.to = &to;
    return stage;
}

/// The tokens that a chain keeps, in ranking order.
template <class Chain>
std::vector<int> kept_by(const std::vector<float>& row, const Chain& chain) {
    std::vector<int> ids;
    for (const pluck::candidate& one : pluck::candidates(row, chain)) ids.push_back(one.token);
    return ids;
}

}  // namespace pluck_test
