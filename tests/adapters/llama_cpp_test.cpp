// SPDX-License-Identifier: MIT
//
// The adapter beside pluck itself: what a libllama draws from is copied, and pluck draws from the copy.
#include "adapters/llama_model.hpp"
#include "exact/splitmix.hpp"
#include "support/catch.hpp"
#include "unit/helpers.hpp"
#include <pluck/adapters/llama_cpp.hpp>
#include <pluck/pluck.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace pluck_test;
using exact::splitmix;
using llama_test::the_model;
using llama_test::vocab;
using pluck::status;
using pluck::llama_cpp::make_sampler;
using pluck::llama_cpp::status_of;

namespace {

const float minus_infinity = float_of(bits::minus_infinity);

struct free_sampler {
    void operator()(llama_sampler* sampler) const { llama_sampler_free(sampler); }
};
using owner = std::unique_ptr<llama_sampler, free_sampler>;

using candidates = std::vector<llama_token_data>;

/// A row of logits as llama_sampler_sample() hands it on.
candidates whole(const std::vector<float>& row) {
    candidates all;
    for (const float logit : row) all.push_back({static_cast<llama_token>(all.size()), logit, 0.25f});
    return all;
}
void shuffle(candidates& all, splitmix& random) {
    for (std::size_t i = all.size(); i > 1; --i) std::swap(all[i - 1], all[random.below(i)]);
}
/// The same as pluck's row.
std::vector<float> row_of(const candidates& some, std::size_t size = vocab) {
    std::vector<float> row(size, minus_infinity);
    for (const llama_token_data& one : some) row[static_cast<std::size_t>(one.id)] = one.logit;
    return row;
}
std::vector<float> random_row(splitmix& random, std::size_t size = vocab) {
    std::vector<float> row(size);
    for (float& logit : row) logit = 3 * random.bell();
    return row;
}

/// The token that a sampler selects, -1 if none; the array must be as it was.
std::int32_t draw_by(llama_sampler* sampler, const candidates& some) {
    candidates given = some;
    llama_token_data_array array{given.data(), given.size(), 12345, false};
    llama_sampler_apply(sampler, &array);
    REQUIRE(array.data == given.data());
    REQUIRE(array.size == some.size());
    REQUIRE_FALSE(array.sorted);
    for (std::size_t i = 0; i < some.size(); ++i) {
        REQUIRE(given[i].id == some[i].id);
        REQUIRE(bits_of(given[i].logit) == bits_of(some[i].logit));
        REQUIRE(bits_of(given[i].p) == bits_of(some[i].p));
    }
    if (array.selected == -1) return -1;
    REQUIRE(array.selected >= 0);
    REQUIRE(array.selected < static_cast<std::int64_t>(some.size()));
    return some[static_cast<std::size_t>(array.selected)].id;
}

pluck::dynamic_chain dynamic(const auto&... stages) {
    pluck::dynamic_chain made;
    (made.add(stages), ...);
    return made;
}

/// f(chain) for chains of every kind that pluck::sample() takes.
template <class F>
void for_each_chain(const F& f) {
    static const std::vector<std::int32_t> ids{7, 8, 120, 299};
    static const std::vector<float> values{3.0f, minus_infinity, 6.0f, -1.0f};
    f(pluck::temperature(0.8f));
    f(pluck::greedy());
    f(pluck::temperature(1.5f) | pluck::top_k(40) | pluck::top_p(0.95f) | pluck::min_p(0.05f));
    f(pluck::logit_bias(ids, values) | pluck::temperature(2.0f) | pluck::rejection());
    f(pluck::combined{.temperature = 1.2f, .top_k = 20});
    f(dynamic(pluck::banned(ids), pluck::top_p(0.9f), pluck::temperature(3.0f)));
}

auto penalised(pluck::sequence& text) {
    return pluck::penalties(text.history(), {.repetition = 1.3f, .frequency = 0.2f, .presence = 0.4f, .last_n = 20}) |
           pluck::no_repeat_ngram(text.history(), 3) | pluck::temperature(1.5f) | pluck::top_p(0.95f);
}

pluck::sampling_params busy_request() {
    pluck::sampling_params request{.temperature = 1.3f,
                                   .top_k = 60,
                                   .top_p = 0.97f,
                                   .min_p = 0.01f,
                                   .repetition_penalty = 1.2f,
                                   .frequency_penalty = 0.1f};
    request.logit_bias[5] = 2.0f;
    request.logit_bias[290] = -100.0f;
    request.dry_multiplier = 0.5f;
    request.min_tokens = 8;
    request.eos_token_ids = {2, 40, 41, 42, 43, 44};
    return request;
}

/// Learns from each draw, beginning with what its chain's maker has written.
struct counting : pluck::stage {
    static constexpr pluck::verb does = pluck::verb::keep;
    pluck::stage_memory* memory;
    explicit counting(pluck::stage_memory& own) : memory(&own) {}
    template <class Row>
    void operator()(Row& row) const {
        row.keep_largest(static_cast<std::size_t>(memory->values[0]));
    }
    template <class Row>
    void after(const Row&, std::int32_t) const {
        memory->values[0] += 1;
    }
};

std::string file(const char* path) {
    std::ifstream in(std::string(PLUCK_SOURCE_DIR) + "/" + path);
    return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("logits() is an output row of the context, and nothing where there is none") {
    auto& model = the_model();
    model.start({1, 5, 9, 200});
    const auto logits = [&](std::int32_t index) { return pluck::llama_cpp::logits(model.context(), index); };
    for (const std::int32_t index : {0, 1, 2, 3, -1, -2, -3, -4}) {
        INFO("index " << index);
        REQUIRE(logits(index).data == llama_get_logits_ith(model.context(), index));
        CHECK(logits(index).size == static_cast<std::size_t>(vocab));
        CHECK(logits(index).stride == 1);
    }
    CHECK(logits(-1).data == logits(3).data);
    for (const std::int32_t index : {4, 63, 64, 100000, 0x7fffffff, -5, -64, -65, -0x7fffffff - 1}) {
        INFO("index " << index);
        CHECK(logits(index).data == nullptr);
        CHECK(logits(index).size == 0);
    }
    CHECK(pluck::llama_cpp::logits(nullptr, 0).data == nullptr);
    CHECK(pluck::llama_cpp::logits(nullptr, -1).size == 0);
}

TEST_CASE("logits() has no row before a decode, nor of a token that asked for none") {
    auto& model = the_model();
    llama_context* const fresh = model.make_context();
    CHECK(pluck::llama_cpp::logits(fresh, 0).data == nullptr);
    CHECK(pluck::llama_cpp::logits(fresh, -1).data == nullptr);
    std::vector<llama_token> text{1, 5, 9};
    REQUIRE(llama_decode(fresh, llama_batch_get_one(text.data(), 3)) == 0);  // of the last one only
    CHECK(pluck::llama_cpp::logits(fresh, 0).data == nullptr);
    CHECK(pluck::llama_cpp::logits(fresh, 2).data != nullptr);
    CHECK(pluck::llama_cpp::logits(fresh, -2).data == nullptr);
    llama_free(fresh);
}

namespace {

/// Whether libllama has samplers on the backend, and this context takes one.
template <class Context>
bool sample_on_backend(Context* context, llama_sampler* sampler) {
    if constexpr (requires { llama_set_sampler(context, 0, sampler); }) return llama_set_sampler(context, 0, sampler);
    else return false;
}

}  // namespace

TEST_CASE("where a sampler on the backend has worked on a row, logits() has none, and ours draws from what it left") {
    auto& model = the_model();
    std::vector<llama_token> text{1, 5, 9};
    model.start(text);
    llama_context* const context = model.make_context();
    llama_sampler* const chain = llama_sampler_chain_init(llama_sampler_chain_default_params());
    llama_sampler_chain_add(chain, llama_sampler_init_top_k(5));
    llama_sampler_chain_add(chain, make_sampler(pluck::temperature(3.0f), {.seed = 4}, vocab));
    if (sample_on_backend(context, chain)) {
        REQUIRE(llama_decode(context, llama_batch_get_one(text.data(), 3)) == 0);
        CHECK(pluck::llama_cpp::logits(context, -1).data == nullptr);
        CHECK(pluck::llama_cpp::sample(context, -1, pluck::greedy(), {}).status == status::no_candidate);
        for (int position = 0; position < 20; ++position) {
            CHECK(llama_sampler_sample(chain, context, -1) == pluck::sample(model.row(-1),
                                                                            pluck::top_k(5) | pluck::temperature(3.0f),
                                                                            {.seed = 4, .position = position})
                                                                  .token);
        }
    } else {
        WARN("no sampler on the backend here");
    }
    llama_free(context);
    llama_sampler_free(chain);
}

TEST_CASE("sample() draws what pluck draws from a copy of the row") {
    auto& model = the_model();
    model.start({1, 5, 9, 200, 77});
    tally all;
    for_each_chain([&](const auto& chain) {
        for (const std::int32_t index : {0, 4, -2}) {
            const std::vector<float> row = model.row(index);
            for (int position = 0; position < 60; ++position) {
                const pluck::key key{.seed = 3, .sequence = index, .position = position};
                const pluck::pick expected = pluck::sample(row, chain, key);
                REQUIRE(expected);
                pluck::workspace scratch;
                all.expect(pluck::llama_cpp::sample(model.context(), index, chain, key) == expected, position);
                all.expect(pluck::llama_cpp::sample(model.context(), index, chain, key, scratch) == expected, position);
                pluck::report mine, theirs;
                all.expect(pluck::llama_cpp::sample(model.context(), index, chain, key, mine) == expected, position);
                (void)pluck::sample(row, chain, key, theirs);
                all.expect(bits_of(mine.log_probability) == bits_of(theirs.log_probability) &&
                               mine.rank == theirs.rank && mine.kept == theirs.kept,
                           "report at ", position);
                mine = {};
                (void)pluck::llama_cpp::sample(model.context(), index, chain, key, mine, scratch);
                all.expect(mine.rank == theirs.rank && mine.kept == theirs.kept, "report by scratch at ", position);
            }
        }
    });
    PLUCK_CHECK_TALLY(all);
    // A chain spelt out in place.
    CHECK(pluck::llama_cpp::sample(model.context(), -1, {.top_k = 5}, {.seed = 4}) ==
          pluck::sample(model.row(-1), {.top_k = 5}, {.seed = 4}));
}

TEST_CASE("sample() has a status where there is no row, whatever the chain") {
    auto& model = the_model();
    model.start({1, 5});
    const std::vector<std::int32_t> ids{7};
    const auto chain = pluck::banned(ids) | pluck::top_k(3);
    const pluck::pick none{-1, status::no_candidate};
    pluck::workspace scratch;
    for (const auto& [context, index] : {std::pair<llama_context*, int>{nullptr, 0},
                                         {model.context(), 2},
                                         {model.context(), -3},
                                         {model.context(), 1000000}}) {
        CHECK(pluck::llama_cpp::sample(context, index, chain, {}) == none);
        CHECK(pluck::llama_cpp::sample(context, index, chain, {}, scratch) == none);
        pluck::report said{.log_probability = 1.0f, .rank = 5, .kept = 7};
        CHECK(pluck::llama_cpp::sample(context, index, chain, {}, said) == none);
        CHECK(said.rank == -1);
        CHECK(said.kept == 0);
        CHECK(bits_of(said.log_probability) != bits_of(1.0f));
        said.rank = 5;
        CHECK(pluck::llama_cpp::sample(context, index, chain, {}, said, scratch) == none);
        CHECK(said.rank == -1);
    }
}

TEST_CASE("a sampler in a chain of llama.cpp writes the text that pluck writes from copies of the rows") {
    auto& model = the_model();
    const std::vector<llama_token> prompt{1, 30, 31, 32, 30, 31};
    const auto check = [&](llama_sampler* made, auto make_chain_for, const pluck::sequence::options& how) {
        llama_sampler* const chain = llama_sampler_chain_init(llama_sampler_chain_default_params());
        llama_sampler_chain_add(chain, made);
        model.start(prompt);
        for (const llama_token token : prompt) llama_sampler_accept(chain, token);
        pluck::sequence text(prompt, how);
        const auto stages = make_chain_for(text);
        for (int i = 0; i < 60; ++i) {
            INFO("token " << i);
            const pluck::pick expected = pluck::sample(model.row(-1), stages, text.key());
            REQUIRE(expected);
            const llama_token drawn = llama_sampler_sample(chain, model.context(), -1);  // accepts it, too
            REQUIRE(drawn == expected.token);
            REQUIRE(status_of(made) == status::ok);
            text.accept(drawn);
            model.go_on({drawn});
        }
        llama_sampler_free(chain);
    };
    SECTION("a request, by the rules of several engines") {
        for (const pluck::order rules : {pluck::order::llama_cpp, pluck::order::vllm, pluck::order::hugging_face}) {
            pluck::sampling_params request = busy_request();
            if (rules == pluck::order::hugging_face) request.frequency_penalty = request.dry_multiplier = 0;
            if (rules == pluck::order::vllm) request.dry_multiplier = 0;
            for (const std::int32_t size : {vocab, 0}) {
                INFO("rules " << static_cast<int>(rules) << ", vocabulary " << size);
                check(
                    make_sampler(request, rules, {.seed = 9, .sequence = 3}, size),
                    [&](pluck::sequence& text) { return pluck::make_chain(request, text, rules, vocab); },
                    pluck::options_of(request, {.seed = 9, .sequence = 3}));
            }
        }
    }
    SECTION("a request with a seed of its own") {
        pluck::sampling_params request = busy_request();
        request.seed = 77;
        check(
            make_sampler(request, pluck::order::llama_cpp),
            [&](pluck::sequence& text) { return pluck::make_chain(request, text, pluck::order::llama_cpp); },
            pluck::sequence::options{.seed = 77});
    }
    SECTION("a function to a typed chain") {
        check(make_sampler(penalised, {.seed = 5}, vocab), penalised, {.seed = 5});
    }
    SECTION("a function to a chain whose stages have a memory") {
        const auto make = [](pluck::sequence& text) {
            text.memory().values[0] = 2;
            return pluck::temperature(3.0f) | counting(text.memory());
        };
        check(make_sampler(make, {.seed = 5}, vocab), make, {.seed = 5});
    }
    SECTION("a chain that looks at no text") {
        for_each_chain([&](const auto& stages) {
            check(make_sampler(stages, {.seed = 8, .position = 6 - prompt.size()}, vocab),
                  [&](pluck::sequence&) { return stages; }, {.seed = 8});
        });
    }
}

TEST_CASE("candidates in any order, and already cut, are drawn from as the row that has no others") {
    splitmix random(21, 1);
    tally all;
    for (const std::int32_t stated : {vocab, 0}) {
        for_each_chain([&](const auto& chain) {
            const owner sampler(make_sampler(chain, {.seed = 6}, stated));
            (void)draw_by(sampler.get(), whole(random_row(random)));  // from then on it knows how long a row is
            llama_sampler_accept(sampler.get(), 1);
            for (int position = 1; position < 120; ++position) {
                candidates some = whole(random_row(random));
                if (!random.one_in(3)) shuffle(some, random);
                if (!random.one_in(3)) some.resize(1 + random.below(random.one_in(2) ? 6 : vocab));
                const pluck::pick expected = pluck::sample(row_of(some), chain, {.seed = 6, .position = position});
                all.expect(draw_by(sampler.get(), some) == expected.token, position, " of ", some.size());
                all.expect(status_of(sampler.get()) == expected.status, position, ": the status");
                llama_sampler_accept(sampler.get(), 1);
            }
        });
    }
    PLUCK_CHECK_TALLY(all);
}

TEST_CASE("an array that only begins as a whole one in order, or has one place wrong") {
    splitmix random(22, 1);
    for (int i = 0; i < 50; ++i) {
        const owner sampler(make_sampler(pluck::temperature(2.0f), {.seed = i}, vocab));
        candidates some = whole(random_row(random));
        std::swap(some[1 + random.below(vocab - 2)], some[1 + random.below(vocab - 2)]);  // the ends are in place
        CHECK(draw_by(sampler.get(), some) == pluck::sample(row_of(some), pluck::temperature(2.0f), {.seed = i}).token);
        // What is left of it is not drawn from.
        const candidates next{{3, 1.0f, 0}, {5, 2.0f, 0}};
        CHECK(draw_by(sampler.get(), next) ==
              pluck::sample(row_of(next), pluck::temperature(2.0f), {.seed = i, .position = std::uint64_t{1} << 32})
                  .token);
    }
}

TEST_CASE("without a vocabulary the row is as long as the largest id seen") {
    const owner sampler(make_sampler(pluck::temperature(1.0f), {.seed = 1}));
    CHECK(draw_by(sampler.get(), {{4, 1.0f, 0}}) == 4);
    CHECK(draw_by(sampler.get(), {{900, 1.0f, 0}}) == 900);
    CHECK(draw_by(sampler.get(), {{0, 1.0f, 0}}) == 0);
    CHECK(draw_by(sampler.get(), {{0x7fffff, 1.0f, 0}}) == 0x7fffff);
    CHECK(draw_by(sampler.get(), {{0x800000, 1.0f, 0}}) == -1);
    CHECK(status_of(sampler.get()) == status::row_too_long);
    CHECK(draw_by(sampler.get(), {{0x7fffffff, 1.0f, 0}, {-1, 1.0f, 0}}) == -1);
    CHECK(status_of(sampler.get()) == status::bad_parameter);
    CHECK(draw_by(sampler.get(), {{2, 1.0f, 0}}) == 2);
    CHECK(status_of(sampler.get()) == status::ok);
}

TEST_CASE("what llama.cpp's own samplers have left is drawn from") {
    auto& model = the_model();
    const auto chain = pluck::temperature(3.0f);
    const auto check = [&](llama_sampler* first, auto is_left) {
        llama_sampler* const both = llama_sampler_chain_init(llama_sampler_chain_default_params());
        llama_sampler_chain_add(both, first);
        llama_sampler_chain_add(both, make_sampler(chain, {.seed = 2}, vocab));
        model.start({1, 30, 31});
        std::vector<bool> seen(vocab);
        for (int position = 0; position < 300; ++position) {
            std::vector<float> row = model.row(-1);
            for (std::size_t id = 0; id < row.size(); ++id)
                if (!is_left(row, id)) row[id] = minus_infinity;
            const llama_token drawn = llama_sampler_sample(both, model.context(), -1);
            REQUIRE(drawn == pluck::sample(row, chain, {.seed = 2, .position = position}).token);
            seen[static_cast<std::size_t>(drawn)] = true;
        }
        llama_sampler_free(both);
        return std::count(seen.begin(), seen.end(), true);
    };
    SECTION("top-k") {
        const auto better = [](const std::vector<float>& row, std::size_t id) {
            return std::count_if(row.begin(), row.end(), [&](float other) { return other > row[id]; });
        };
        CHECK(check(llama_sampler_init_top_k(5),
                    [&](const auto& row, std::size_t id) { return better(row, id) < 5; }) == 5);
    }
    SECTION("a logit bias of -infinity") {
        std::vector<llama_logit_bias> biases;
        for (llama_token id = 0; id < vocab; ++id)
            if (id % 37 != 5) biases.push_back({id, minus_infinity});
        CHECK(check(llama_sampler_init_logit_bias(vocab, static_cast<std::int32_t>(biases.size()), biases.data()),
                    [](const auto&, std::size_t id) { return id % 37 == 5; }) == 8);
    }
}

TEST_CASE("llama.cpp's grammar leaves what is drawn from") {
    auto& model = the_model();
    llama_sampler* const chain = llama_sampler_chain_init(llama_sampler_chain_default_params());
    llama_sampler_chain_add(chain, llama_sampler_init_grammar(model.tokens(), "root ::= [0-9] \"-\" [xy]+", "root"));
    llama_sampler_chain_add(chain, make_sampler(penalised, {.seed = 2}, vocab));
    model.start({1, 30, 31});
    pluck::sequence text({}, {.seed = 2});
    const auto stages = penalised(text);
    std::string written;
    for (int i = 0; i < 12; ++i) {
        std::vector<float> row = model.row(-1);
        const char* const allowed = i == 0 ? "0123456789" : i == 1 ? "-" : "xy";
        for (std::size_t id = 0; id < row.size(); ++id) {
            char piece[16];
            const std::int32_t size =
                llama_token_to_piece(model.tokens(), static_cast<llama_token>(id), piece, sizeof piece, 0, false);
            const std::string all(piece, static_cast<std::size_t>(std::max(size, 0)));
            const bool ends = i > 2 && llama_vocab_is_eog(model.tokens(), static_cast<llama_token>(id));
            if (!ends && (all.empty() || all.find_first_not_of(allowed) != std::string::npos)) row[id] = minus_infinity;
        }
        const pluck::pick expected = pluck::sample(row, stages, text.key());
        REQUIRE(expected);
        const llama_token drawn = llama_sampler_sample(chain, model.context(), -1);
        REQUIRE(drawn == expected.token);
        if (llama_vocab_is_eog(model.tokens(), drawn)) break;
        char piece[16];
        written.append(piece, static_cast<std::size_t>(
                                  llama_token_to_piece(model.tokens(), drawn, piece, sizeof piece, 0, false)));
        text.accept(drawn);
        model.go_on({drawn});
    }
    INFO("written: " << written);
    CHECK(written.size() >= 3);
    CHECK(written.find_first_not_of("0123456789-xy") == std::string::npos);
    llama_sampler_free(chain);
}

TEST_CASE("another draw at the same place is by other random bits") {
    splitmix random(23, 1);
    const candidates all = whole(random_row(random));
    const std::vector<float> row = row_of(all);
    const owner sampler(make_sampler(penalised, {.seed = 4, .sequence = 6}, vocab));
    pluck::sequence text({}, {.seed = 4, .sequence = 6});
    const auto chain = penalised(text);
    const auto nth = [&](std::uint64_t n) {
        pluck::key key = text.key();
        key.position = key.position + (n << 32);
        return pluck::sample(row, chain, key).token;
    };
    std::vector<int> seen;
    for (std::uint64_t n = 0; n < 40; ++n) {
        seen.push_back(draw_by(sampler.get(), all));
        CHECK(seen.back() == nth(n));
    }
    std::sort(seen.begin(), seen.end());
    CHECK(std::unique(seen.begin(), seen.end()) - seen.begin() > 5);
    // A draw that finds nothing is none.
    CHECK(draw_by(sampler.get(), {}) == -1);
    CHECK(draw_by(sampler.get(), all) == nth(40));
    // A copy goes on from there, an accepted token begins anew.
    const owner copy(llama_sampler_clone(sampler.get()));
    CHECK(draw_by(copy.get(), all) == nth(41));
    llama_sampler_reset(copy.get());
    CHECK(draw_by(copy.get(), all) == nth(0));
    llama_sampler_accept(sampler.get(), 17);
    text.accept(17);
    CHECK(draw_by(sampler.get(), all) == nth(0));
}

TEST_CASE("the second of two draws, after a grammar has refused the first, has the law of the row that is left") {
    // Tokens 0, 1 and 2 with 1/2, 1/4 and 1/4; 0 is refused. By the same random bits 1 would come three times in four.
    const candidates first{{0, std::log(2.0f), 0}, {1, 0.0f, 0}, {2, 0.0f, 0}};
    const candidates second{{0, minus_infinity, 0}, {1, 0.0f, 0}, {2, 0.0f, 0}};
    const owner sampler(make_sampler(pluck::temperature(1.0f), {.seed = 12}, 3));
    int of_1 = 0;
    constexpr int draws = 4000;
    for (int i = 0; i < draws; ++i) {
        std::int32_t token = draw_by(sampler.get(), first);
        if (token == 0) token = draw_by(sampler.get(), second);
        of_1 += token == 1;
        llama_sampler_accept(sampler.get(), token);
    }
    CHECK(std::abs(of_1 - draws / 2) < 160);  // five standard deviations
}

TEST_CASE("what is accepted before the first draw is the prompt") {
    splitmix random(24, 1);
    const candidates all = whole(random_row(random));
    std::vector<float> row = row_of(all);
    const auto make = [](pluck::sequence& text) {
        return pluck::penalties(text.history(), {.presence = 100.0f, .counts = pluck::scope::generated}) |
               pluck::greedy();
    };
    const auto best = [&] { return static_cast<int>(std::max_element(row.begin(), row.end()) - row.begin()); };
    const int first = best();
    const owner sampler(make_sampler(make, {}, vocab));
    llama_sampler_accept(sampler.get(), first);
    CHECK(draw_by(sampler.get(), all) == first);  // one of the prompt, which is not penalised
    llama_sampler_accept(sampler.get(), first);
    row[static_cast<std::size_t>(first)] = minus_infinity;
    const int second = best();
    CHECK(draw_by(sampler.get(), all) == second);
    llama_sampler_reset(sampler.get());
    llama_sampler_accept(sampler.get(), first);
    CHECK(draw_by(sampler.get(), all) == first);
    const owner copy(llama_sampler_clone(sampler.get()));
    llama_sampler_accept(copy.get(), first);
    CHECK(draw_by(copy.get(), all) == second);
}

namespace {

/// A sampler goes on by itself as does its clone, after whatever was accepted, and after the original is gone.
void check_clone(owner original, auto next_of) {
    splitmix random(25, 1);
    const auto rows = [&] {
        std::vector<candidates> made;
        for (int i = 0; i < 25; ++i) made.push_back(whole(random_row(random)));
        return made;
    }();
    const auto go_on = [&](llama_sampler* sampler, std::size_t begin, std::size_t end) {
        std::vector<int> tokens;
        for (std::size_t i = begin; i < end; ++i) {
            tokens.push_back(draw_by(sampler, rows[i]));
            llama_sampler_accept(sampler, next_of(tokens.back()));
        }
        return tokens;
    };
    for (const llama_token token : {1, 40, 41, 40}) llama_sampler_accept(original.get(), token);
    const owner before(llama_sampler_clone(original.get()));
    const std::vector<int> first = go_on(original.get(), 0, 10);
    CHECK(go_on(before.get(), 0, 10) == first);

    owner copy(llama_sampler_clone(original.get()));
    const owner other(llama_sampler_clone(original.get()));
    const owner third(llama_sampler_clone(copy.get()));
    CHECK(std::string(llama_sampler_name(copy.get())) == "pluck");
    // What another accepts is not this one's.
    for (const llama_token token : {50, 51, 52}) llama_sampler_accept(other.get(), token);
    const std::vector<int> second = go_on(original.get(), 10, 20);
    original.reset();
    CHECK(go_on(copy.get(), 10, 20) == second);
    copy.reset();
    CHECK(go_on(third.get(), 10, 20) == second);

    // Reset, it is as it was made.
    llama_sampler_reset(third.get());
    for (const llama_token token : {1, 40, 41, 40}) llama_sampler_accept(third.get(), token);
    CHECK(go_on(third.get(), 0, 10) == first);
    llama_sampler_copy(other.get(), third.get());
    CHECK(go_on(third.get(), 10, 20) == go_on(other.get(), 10, 20));
}

}  // namespace

TEST_CASE("a clone draws what the original would have drawn; a reset forgets") {
    const auto as_drawn = [](int token) { return token; };
    SECTION("a request") {
        check_clone(owner(make_sampler(busy_request(), pluck::order::llama_cpp, {.seed = 3}, vocab)), as_drawn);
        check_clone(owner(make_sampler(busy_request(), pluck::order::llama_cpp, {.seed = 3})), as_drawn);
    }
    SECTION("a function") { check_clone(owner(make_sampler(penalised, {.seed = 3}, vocab)), as_drawn); }
    SECTION("others are accepted than those drawn") {
        check_clone(owner(make_sampler(penalised, {.seed = 3}, vocab)), [](int token) { return (token + 1) % 300; });
    }
    SECTION("a function that keeps lists, and memory that is not 0 at first") {
        const auto make = [others = std::array<std::int32_t, 2>{7, 8}](pluck::sequence& text) {
            text.memory().values[0] = 3;
            const auto ids = text.keep(std::vector<std::int32_t>{4, 5, 6});
            return pluck::banned(ids) | pluck::banned(others) | pluck::penalties(text.history(), {.presence = 2.0f}) |
                   pluck::temperature(3.0f) | counting(text.memory());
        };
        check_clone(owner(make_sampler(make, {.seed = 3}, vocab)), as_drawn);
    }
    SECTION("a chain without a text") {
        for_each_chain(
            [&](const auto& chain) { check_clone(owner(make_sampler(chain, {.seed = 3}, vocab)), as_drawn); });
    }
}

TEST_CASE("a clone of a chain of llama.cpp's has a clone of ours") {
    splitmix random(26, 1);
    const candidates all = whole(random_row(random));
    llama_sampler* const chain = llama_sampler_chain_init(llama_sampler_chain_default_params());
    llama_sampler_chain_add(chain, make_sampler(penalised, {.seed = 3}, vocab));
    llama_sampler_accept(chain, 9);
    llama_sampler* const copy = llama_sampler_clone(chain);
    const int drawn = draw_by(chain, all);
    llama_sampler_free(chain);
    CHECK(draw_by(copy, all) == drawn);
    llama_sampler_free(copy);
}

TEST_CASE("what a function throws is thrown where the sampler is made, and leaves no clone") {
    int left = 1;
    const auto make = [&](pluck::sequence&) {
        if (left == 0) throw std::invalid_argument("no chain for this text");
        --left;
        return pluck::chain{pluck::greedy()};
    };
    const owner sampler(make_sampler(make, {}, vocab));
    CHECK(llama_sampler_clone(sampler.get()) == nullptr);
    CHECK(draw_by(sampler.get(), {{3, 1.0f, 0}, {7, 2.0f, 0}}) == 7);
    left = 0;
    CHECK(message_of([&] { llama_sampler_free(make_sampler(make, {}, vocab)); }) == "no chain for this text");
}

TEST_CASE("a token that cannot be accepted fails all draws until a reset") {
    splitmix random(27, 1);
    const candidates all = whole(random_row(random));
    for (const bool by_text : {true, false}) {
        const owner sampler(by_text ? make_sampler(penalised, {.seed = 3}, vocab)
                                    : make_sampler(pluck::top_k(5), {.seed = 3}, vocab));
        CHECK(status_of(sampler.get()) == status::ok);
        const int first = draw_by(sampler.get(), all);
        CHECK(first >= 0);
        llama_sampler_accept(sampler.get(), -1);
        CHECK(status_of(sampler.get()) == status::bad_parameter);
        llama_sampler_accept(sampler.get(), 5);
        CHECK(draw_by(sampler.get(), all) == -1);
        CHECK(status_of(sampler.get()) == status::bad_parameter);
        const owner copy(llama_sampler_clone(sampler.get()));
        CHECK(draw_by(copy.get(), all) == -1);
        CHECK(status_of(copy.get()) == status::bad_parameter);
        llama_sampler_reset(sampler.get());
        CHECK(status_of(sampler.get()) == status::ok);
        CHECK(draw_by(sampler.get(), all) == first);
    }
}

TEST_CASE("an array that nothing can be drawn from has a status, and the next one is drawn from as ever") {
    splitmix random(28, 1);
    const candidates good = whole(random_row(random));
    const owner sampler(make_sampler(pluck::temperature(2.0f), {.seed = 3}, vocab));
    std::uint64_t draws = 0;
    const auto check = [&](const candidates& bad, status expected) {
        CHECK(draw_by(sampler.get(), bad) == -1);
        CHECK(status_of(sampler.get()) == expected);
        const pluck::key key{.seed = 3, .position = draws++ << 32};
        CHECK(draw_by(sampler.get(), good) == pluck::sample(row_of(good), pluck::temperature(2.0f), key).token);
        CHECK(status_of(sampler.get()) == status::ok);
        // Nothing of it is left beside a short array.
        CHECK(draw_by(sampler.get(), {{5, 1.0f, 0}}) == 5);
        ++draws;
    };
    check({}, status::no_candidate);
    check({{4, minus_infinity, 0}, {9, minus_infinity, 0}}, status::no_candidate);
    check({{-1, 1.0f, 0}}, status::bad_parameter);
    check({{3, 1.0f, 0}, {vocab, 1.0f, 0}}, status::bad_parameter);
    check(whole(random_row(random, vocab + 1)), status::bad_parameter);
    check(whole(random_row(random, 2 * vocab)), status::bad_parameter);
    for (const std::uint32_t nan : bits::nans) {
        check({{3, 1.0f, 0}, {4, float_of(nan), 0}}, status::nan_logit);
        candidates some = whole(random_row(random));
        some[100].logit = float_of(nan);
        check(some, status::nan_logit);
        shuffle(some, random);
        check(some, status::nan_logit);
    }
    check({{3, 1.0f, 0}, {4, float_of(bits::plus_infinity), 0}}, status::pos_inf_logit);

    llama_token_data_array none{nullptr, 7, 3, false};
    llama_sampler_apply(sampler.get(), &none);
    CHECK(none.selected == -1);
    CHECK(status_of(sampler.get()) == status::no_candidate);
}

TEST_CASE("a vocabulary of another size than the text's or an adjuster's ids") {
    const candidates some{{3, 1.0f, 0}, {4, 1.0f, 0}};
    const std::vector<std::int32_t> ids{100};
    const owner biased(make_sampler(pluck::banned(ids) | pluck::temperature(1.0f), {}));  // 100 was never seen
    CHECK(draw_by(biased.get(), some) == -1);
    CHECK(status_of(biased.get()) == status::bad_parameter);
    const owner stated(make_sampler(pluck::banned(ids) | pluck::temperature(1.0f), {}, 101));
    CHECK(draw_by(stated.get(), some) > 0);
    const owner accepted(make_sampler(penalised, {}, 101));
    llama_sampler_accept(accepted.get(), 101);
    CHECK(draw_by(accepted.get(), some) == -1);
    CHECK(status_of(accepted.get()) == status::bad_parameter);
}

TEST_CASE("a forced token that is none of the candidates is not drawn") {
    const owner sampler(make_sampler(pluck::forced(7), {}, vocab));
    CHECK(draw_by(sampler.get(), {{3, 1.0f, 0}, {4, 1.0f, 0}}) == -1);
    CHECK(status_of(sampler.get()) == status::no_candidate);
    CHECK(draw_by(sampler.get(), {{3, 1.0f, 0}, {7, 1.0f, 0}}) == 7);
}

TEST_CASE("an id that is there twice has its last logit") {
    for (const int which : {0, 1}) {
        const owner sampler(make_sampler(pluck::greedy(), {}, vocab));
        candidates some{{3, 1.0f, 0}, {4, which == 0 ? 9.0f : 0.0f, 0}, {4, which == 0 ? 0.0f : 9.0f, 0}};
        llama_token_data_array array{some.data(), some.size(), -1, false};
        llama_sampler_apply(sampler.get(), &array);
        CHECK(array.selected == (which == 0 ? 0 : 2));
    }
}

TEST_CASE("what is wrong with a request, a vocabulary or a chain is said when the sampler is made") {
    const auto message = [](const auto&... from) {
        return message_of([&] { llama_sampler_free(make_sampler(from...)); });
    };
    CHECK(message(pluck::sampling_params{.top_k = -2, .top_p = 1.5f}, pluck::order::vllm) == message_of([] {
              pluck::sequence text;
              (void)pluck::make_chain({.top_k = -2, .top_p = 1.5f}, text, pluck::order::vllm);
          }));
    pluck::sampling_params request;
    request.logit_bias[300] = 1.0f;
    CHECK(message(request, pluck::order::vllm, pluck::sequence::options{}, 301) == "(no exception)");
    CHECK(message(request, pluck::order::vllm, pluck::sequence::options{}, 300).find("300") != std::string::npos);
    CHECK(message(pluck::top_k(3), pluck::key{}, -1) ==
          "pluck::llama_cpp::make_sampler: vocab must be in [0, 2^23], got -1");
    CHECK(message(penalised, pluck::sequence::options{}, (1 << 23) + 1) ==
          "pluck::llama_cpp::make_sampler: vocab must be in [0, 2^23], got 8388609");
    pluck::sequence text;
    CHECK(message(dynamic(pluck::penalties(text.history(), {.presence = 1.0f}), pluck::top_k(3)), pluck::key{}) ==
          "pluck::llama_cpp::make_sampler: penalties looks at a text that the sampler does not know; pass a function "
          "from a pluck::sequence& to the chain");
    using pluck::detail::any_reads_text;
    const auto reads = [](const auto& chain) {
        return any_reads_text(static_cast<decltype(pluck::as_chain(chain))*>(nullptr));
    };
    CHECK(reads(pluck::penalties(text.history(), {})));
    CHECK(reads(pluck::forced(3) | pluck::no_repeat_ngram(text.history(), 2) | pluck::top_k(3)));
    CHECK_FALSE(reads(pluck::temperature(2.0f) | pluck::top_k(3)));
}

namespace {

template <class... Stages>
struct readers {
    static std::vector<std::pair<std::string, bool>> list() {
        return {{Stages::name, pluck::detail::reads_text<Stages>}...};
    }
};

}  // namespace

TEST_CASE("each stage whose header has a token_history is known to look at a text") {
    for (const auto& [name, reads] : pluck::detail::of_library_stages<readers>::list()) {
        std::string text;
        for (const char* folder : {"adjust", "shape", "keep", "draw"})
            text += file(("include/pluck/" + std::string(folder) + "/" + name + ".hpp").c_str());
        INFO(name);
        REQUIRE_FALSE(text.empty());
        CHECK(reads == (text.find("<pluck/token_history.hpp>") != std::string::npos));
    }
}

TEST_CASE("status_of() of what is no sampler of ours") {
    CHECK(status_of(nullptr) == status::bad_parameter);
    const owner other(llama_sampler_init_greedy());
    CHECK(status_of(other.get()) == status::bad_parameter);
    llama_sampler_i nameless{};
    int something = 0;
    llama_sampler sampler{&nameless, &something};
    CHECK(status_of(&sampler) == status::bad_parameter);
}
