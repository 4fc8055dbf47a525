// SPDX-License-Identifier: MIT
//
// What must hold on a GPU: the device's answers are the CPU's, bit for bit. Needs no test framework, so that it builds
// where there is nothing but nvcc and a compiler. `run` beside this builds it, runs it and writes the report.
//     device_tests [rows in thousandths of the full number, 1000 by default] [names of tests]
#include "cuda/device/batches.hpp"
#include "cuda/device/every_command.hpp"

#include <chrono>
#include <cinttypes>
#include <functional>
#include <map>
#include <string>

using namespace device_test;

namespace {

unsigned permille = 1000;
[[nodiscard]] std::size_t scaled(std::size_t full) { return std::max<std::size_t>(1, full * permille / 1000); }

/// Answers compared by one test.
struct tally {
    std::uint64_t compared = 0, different = 0;
    std::string first;

    void same(const answer& want, const answer& got, const std::string& where) {
        ++compared;
        if (want == got) return;
        if (different++ != 0) return;
        char text[300];
        std::snprintf(text, sizeof text,
                      "CPU: token %d %s kept %d log %08x rank %d; device: token %d %s kept %d log %08x rank %d",
                      want.token, std::string(to_string(want.status)).c_str(), want.kept, want.log_probability,
                      want.rank, got.token, std::string(to_string(got.status)).c_str(), got.kept, got.log_probability,
                      got.rank);
        first = where + ": " + text;
    }
    template <class T>
    void equal(const T& want, const T& got, const std::string& where) {
        ++compared;
        if (std::memcmp(&want, &got, sizeof(T)) == 0) return;
        if (different++ == 0) first = where;
    }
};

template <class Scalar>
constexpr const char* name_of = std::same_as<Scalar, float>         ? "float"
                                : std::same_as<Scalar, pluck::half> ? "half"
                                                                    : "bfloat16";

/// A batch on both sides.
template <class Scalar>
struct bench {
    random_batch<Scalar> batch;
    device_memory<Scalar> logits;
    device_memory<step> steps;
    device_memory<pluck::key> keys;
    result_memory results;

    void make(std::size_t rows, std::size_t vocab, bool large, exact::u64 number) {
        batch.make(rows, vocab, large, number);
        logits.load(batch.logits), steps.load(batch.steps), keys.load(batch.keys);
    }
    [[nodiscard]] std::vector<answer> on_device(const how& h, bool rejection = false) {
        const auto out = results.poisoned(h.indices != nullptr ? h.draws : batch.rows);
        const listed chain(steps.get(), most_steps);
        const auto call = rejection ? launches<Scalar>::draw_listed_by_rejection : launches<Scalar>::draw_listed;
        expect(call(batch.on(logits.get()), chain, keys.get(), out, h), "sample_rows");
        expect(cudaDeviceSynchronize(), "kernel");
        return results.read();
    }
    [[nodiscard]] std::vector<answer> on_cpu(bool rejection = false) const {
        std::vector<answer> all(batch.rows);
        const listed chain(batch.steps.data(), most_steps);
        on_all_cores(batch.rows, [&](std::size_t r) {
            all[r] = rejection ? answer_of(batch.row(r), chain | pluck::rejection{}, batch.keys[r], r)
                               : answer_of(batch.row(r), chain, batch.keys[r], r);
        });
        return all;
    }
};

template <class Scalar>
void random_rows(tally& found, std::size_t rows, std::size_t per_launch, bool large,
                 const std::vector<std::size_t>& vocabs, exact::u64 suite) {
    bench<Scalar> both;
    for (exact::u64 number = 0, done = 0; done < rows; ++number, done += per_launch) {
        exact::splitmix random(suite, number);
        const std::size_t vocab = vocabs[random.below(vocabs.size())] + (large ? random.below(3) : random.below(40));
        both.make(per_launch, vocab, large, suite * 1000003 + number);
        const unsigned blocks = random.one_in(2) ? 0 : 1u << random.below(large ? 4 : 3);
        const bool rejection = random.one_in(4);
        const auto want = both.on_cpu(rejection);
        const auto got = both.on_device({.blocks = blocks}, rejection);
        for (std::size_t r = 0; r < per_launch; ++r) {
            found.same(want[r], got[r],
                       std::string(name_of<Scalar>) + " launch " + std::to_string(number) + " row " +
                           std::to_string(r) + " vocab " + std::to_string(vocab) + " blocks " + std::to_string(blocks) +
                           (rejection ? " rejection" : ""));
        }
    }
}

const std::vector<std::size_t> short_vocabs = {1, 1, 2, 30, 60, 100, 126, 250};
const std::vector<std::size_t> middle_vocabs = {500, 1023, 2047, 4090, 8191, 12000};
const std::vector<std::size_t> large_vocabs = {32000, 50257, 65535, 128255, 131071, 151935, 200018, 262143};

template <class Scalar>
void small_rows(tally& found) {
    random_rows<Scalar>(found, scaled(900'000) / 3, 4096, false, short_vocabs, 31);
    random_rows<Scalar>(found, scaled(100'000) / 3, 1024, false, middle_vocabs, 32);
}
template <class Scalar>
void large_rows(tally& found) {
    random_rows<Scalar>(found, scaled(21'000) / 3, 128, true, large_vocabs, 33);
}

/// The same batch with every number of blocks; repeats() below draws one again and again.
template <class Scalar>
void any_number_of_blocks(tally& found) {
    bench<Scalar> both;
    for (const std::size_t vocab : {std::size_t{1000}, std::size_t{40001}, std::size_t{128256}}) {
        both.make(64, vocab, true, vocab);
        const auto want = both.on_cpu();
        for (const unsigned blocks : {1u, 2u, 4u, 8u, 16u}) {
            const auto got = both.on_device({.blocks = blocks});
            for (std::size_t r = 0; r < got.size(); ++r)
                found.same(want[r], got[r],
                           std::string(name_of<Scalar>) + " vocab " + std::to_string(vocab) + " blocks " +
                               std::to_string(blocks));
        }
    }
}

void repeats(tally& found) {
    bench<float> both;
    both.make(132, 128256, true, 77);
    const auto want = both.on_cpu();
    for (std::size_t i = 0; i < scaled(1000); ++i) {
        const auto got = both.on_device({});
        for (std::size_t r = 0; r < got.size(); ++r) found.same(want[r], got[r], "repeat " + std::to_string(i));
    }
}

/// Draws by indices: rows in another order, some twice, some never, some outside of the batch. Parameters and keys
/// belong to draws, so the CPU is asked for each draw by itself.
void indices(tally& found) {
    bench<float> both;
    both.make(100, 33000, true, 78);
    exact::splitmix random(78, 0);
    std::vector<std::int32_t> rows(100);
    for (auto& row : rows)
        row = random.one_in(20) ? random.one_of({-1, 100, 1 << 30}) : static_cast<std::int32_t>(random.below(100));
    device_memory<std::int32_t> on_device;
    on_device.load(rows);
    const auto got = both.on_device({.indices = on_device.get(), .draws = rows.size()});
    const listed chain(both.batch.steps.data(), most_steps);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const bool there = rows[i] >= 0 && rows[i] < 100;
        const answer want =
            there ? answer_of(both.batch.row(static_cast<std::size_t>(rows[i])), chain, both.batch.keys[i], i)
                  : answer{-1, pluck::status::bad_parameter};
        found.same(want, got[i], "draw " + std::to_string(i) + " from row " + std::to_string(rows[i]));
    }
}

/// A captured graph, replayed while parameters and positions change in device memory.
void graph(tally& found) {
    constexpr std::size_t rows = 40, vocab = 50257;
    bench<pluck::bfloat16> both;
    both.make(rows, vocab, true, 79);
    std::vector<float> temperature(rows), top_p(rows), min_p(rows);
    std::vector<std::int32_t> top_k(rows);
    std::vector<std::uint64_t> seed(rows), sequence(rows), position(rows);
    device_memory<float> t, p, m;
    device_memory<std::int32_t> k;
    device_memory<std::uint64_t> a, b, c;
    exact::splitmix random(79, 0);
    const auto change = [&] {
        for (std::size_t r = 0; r < rows; ++r) {
            temperature[r] = random.one_in(8) ? 0.0f : random.positive(-2, 1);
            top_k[r] = random.one_in(2) ? 0 : static_cast<std::int32_t>(random.below(200));
            top_p[r] = random.one_in(3) ? 1.0f : random.uniform();
            min_p[r] = random.one_in(2) ? 0.0f : random.uniform() * 0.1f;
            if (random.one_in(10)) random.one_in(2) ? void(top_p[r] = 1.5f) : void(top_k[r] = -3);  // bad_parameter
            seed[r] = random.bits(), sequence[r] = random.bits(), position[r] = random.bits();
        }
        t.load(temperature), k.load(top_k), p.load(top_p), m.load(min_p), a.load(seed), b.load(sequence),
            c.load(position);
    };
    change();
    const auto out = both.results.poisoned(rows);
    const parameters all{t.get(), k.get(), p.get(), m.get(), a.get(), b.get(), c.get()};
    cudaStream_t stream;
    cudaGraph_t captured;
    cudaGraphExec_t ready;
    expect(cudaStreamCreate(&stream), "stream");
    expect(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal), "capture");
    expect(launches<pluck::bfloat16>::draw_per_row(both.batch.on(both.logits.get()), all, out, {.stream = stream}),
           "captured sample_rows");
    expect(cudaStreamEndCapture(stream, &captured), "capture");
    expect(cudaGraphInstantiate(&ready, captured, 0), "graph");
    using pluck::per_row;
    for (std::size_t i = 0; i < scaled(1000); ++i) {
        change();
        (void)both.results.poisoned(rows);
        expect(cudaDeviceSynchronize(), "poison");
        expect(cudaGraphLaunch(ready, stream), "replay");
        expect(cudaStreamSynchronize(stream), "replay");
        const auto got = both.results.read();
        const auto chain = pluck::temperature(per_row<float>{temperature.data()}) |
                           pluck::top_k(per_row<std::int32_t>{top_k.data()}) |
                           pluck::top_p(per_row<float>{top_p.data()}) | pluck::min_p(per_row<float>{min_p.data()});
        std::vector<answer> want(rows);
        if (i % 20 == 0) {
            on_all_cores(rows, [&](std::size_t r) {
                want[r] = answer_of(both.batch.row(r), chain,
                                    {.seed = seed[r], .sequence = sequence[r], .position = position[r]}, r);
            });
            for (std::size_t r = 0; r < rows; ++r)
                found.same(want[r], got[r], "replay " + std::to_string(i) + " row " + std::to_string(r));
        }
    }
    expect(cudaGraphExecDestroy(ready), "graph"), expect(cudaGraphDestroy(captured), "graph"),
        expect(cudaStreamDestroy(stream), "stream");
}

/// Bad rows at every place do not disturb the others.
void bad_rows(tally& found) {
    bench<float> both;
    both.make(96, 32003, true, 80);
    auto& b = both.batch;
    const float nan = exact::float_of(exact::quiet_nan), minus_nan = exact::float_of(0xffc00000u);
    const float bad[] = {nan, minus_nan, exact::float_of(0x7f800001u), exact::float_of(0xff800001u),
                         exact::float_of(exact::plus_infinity)};
    for (std::size_t r = 0; r < 90; r += 3) {
        const std::size_t place = r % 9 == 0 ? 0 : r % 9 == 3 ? b.vocab / 2 : b.vocab - 1;
        b.logits[b.offset + r * b.stride + place] = bad[r / 3 % 5];
    }
    for (std::size_t i = 0; i < b.vocab; ++i)
        b.logits[b.offset + 91 * b.stride + i] = exact::float_of(exact::minus_infinity);
    both.logits.load(b.logits);
    const auto want = both.on_cpu();
    for (const unsigned blocks : {0u, 1u, 2u, 8u}) {
        const auto got = both.on_device({.blocks = blocks});
        for (std::size_t r = 0; r < got.size(); ++r)
            found.same(want[r], got[r], "row " + std::to_string(r) + " blocks " + std::to_string(blocks));
    }
}

/// The longest row, one that is too long, an empty one, no rows.
void extreme_lengths(tally& found) {
    bench<pluck::half> both;
    both.make(2, pluck::max_vocab, true, 81);
    for (const unsigned blocks : {0u, 1u, 8u}) {
        const auto want = both.on_cpu();
        const auto got = both.on_device({.blocks = blocks});
        for (std::size_t r = 0; r < got.size(); ++r)
            found.same(want[r], got[r], "2^23 tokens, blocks " + std::to_string(blocks));
    }
    const auto status_for = [&](pluck::batch_view<pluck::half> view, pluck::status want, const char* where) {
        const auto out = both.results.poisoned(view.rows);
        expect(launches<pluck::half>::draw_greedy(view, both.keys.get(), out, {}), where);
        expect(cudaDeviceSynchronize(), where);
        for (const answer& got : both.results.read()) found.same({-1, want}, got, where);
    };
    status_for({both.logits.get(), 1, pluck::max_vocab + 1, 0, 1}, pluck::status::row_too_long, "2^23 + 1 tokens");
    status_for({both.logits.get(), 2, 0, 0, 1}, pluck::status::no_candidate, "no tokens");
    status_for({nullptr, 2, 0, 0, 1}, pluck::status::no_candidate, "no tokens, no memory");
    expect(launches<pluck::half>::draw_greedy({nullptr, 0, 10, 10, 1}, nullptr, {}, {}), "no rows");
}

/// Named chains, some with a user's own stages.
template <class Scalar>
void named_chains(tally& found) {
    bench<Scalar> both;
    exact::splitmix random(82, 0);
    for (const std::size_t vocab : {std::size_t{50}, std::size_t{5000}, std::size_t{128256}}) {
        both.make(100, vocab, true, vocab + 82);
        const auto& b = both.batch;
        const auto compare = [&](const auto& chain, const char* where) {
            const auto got = both.results.read();
            std::vector<answer> want(b.rows);
            on_all_cores(b.rows, [&](std::size_t r) { want[r] = answer_of(b.row(r), chain, b.keys[r], r); });
            for (std::size_t r = 0; r < b.rows; ++r)
                found.same(want[r], got[r],
                           std::string(where) + " " + name_of<Scalar> + " vocab " + std::to_string(vocab) + " row " +
                               std::to_string(r));
        };
        const auto view = b.on(both.logits.get());
        const pluck::combined usual{.temperature = 0.8f, .top_k = 50, .top_p = 0.9f, .min_p = 0.05f};
        expect(launches<Scalar>::draw_combined(view, usual, both.keys.get(), both.results.poisoned(b.rows), {}),
               "combined");
        compare(usual, "combined");
        expect(launches<Scalar>::draw_greedy(view, both.keys.get(), both.results.poisoned(b.rows), {}), "greedy");
        compare(pluck::greedy{}, "greedy");
        expect(launches<Scalar>::draw_probable(view, both.keys.get(), both.results.poisoned(b.rows), {}), "probable");
        compare(pluck::temperature(0.75f) | probable{}, "probable");

        std::vector<std::int32_t> ids(vocab < 100 ? 20 : 300);
        for (auto& id : ids) id = static_cast<std::int32_t>(random.below(vocab));
        ids[1] = ids[0], ids[2] = ids[0];
        std::vector<std::uint32_t> words((vocab + 31) / 32);
        for (auto& word : words) word = static_cast<std::uint32_t>(random.bits() | random.bits());
        device_memory<std::int32_t> ids_there;
        device_memory<std::uint32_t> words_there;
        ids_there.load(ids), words_there.load(words);
        const penalise losing({ids.data(), ids.size()}), losing_there({ids_there.get(), ids.size()});
        const allow allowed({words.data(), words.size()}), allowed_there({words_there.get(), words.size()});
        for (const unsigned blocks : {0u, 1u}) {
            how h{.blocks = blocks};
            device_memory<unsigned char> workspace;
            expect(launches<Scalar>::workspace_for_adjusted(view, losing_there, allowed_there, h, h.workspace_size),
                   "workspace");
            h.workspace = workspace.room(h.workspace_size + 16);
            expect(launches<Scalar>::draw_adjusted(view, losing_there, allowed_there, both.keys.get(),
                                                   both.results.poisoned(b.rows), h),
                   "adjusted");
            compare(favour{} | losing | allowed | pluck::top_p(0.9f),
                    blocks == 0 ? "adjusted" : "adjusted, one block a row");
        }
        ids[0] = static_cast<std::int32_t>(vocab);  // outside of the row
        ids_there.load(ids);
        expect(launches<Scalar>::draw_adjusted(view, losing_there, allowed_there, both.keys.get(),
                                               both.results.poisoned(b.rows), {}),
               "adjusted");
        compare(favour{} | losing | allowed | pluck::top_p(0.9f), "a bad id");
    }
}

template <class Scalar>
void whole_distributions(tally& found) {
    bench<Scalar> both;
    device_memory<float> shares;
    device_memory<Scalar> masked;
    device_memory<pluck::status> statuses;
    const pluck::combined chains[] = {{},
                                      {.temperature = 0.7f, .top_p = 0.9f},
                                      {.top_k = 20},
                                      {.temperature = 2.0f, .min_p = 0.1f},
                                      {.temperature = 0.0f}};
    for (const std::size_t vocab : {std::size_t{17}, std::size_t{3000}, std::size_t{100003}}) {
        both.make(24, vocab, true, vocab + 83);
        const auto& b = both.batch;
        for (const auto& chain : chains) {
            for (const unsigned blocks : {0u, 1u}) {
                shares.poison(b.rows * vocab), masked.load(b.logits), statuses.poison(b.rows);
                const auto view = b.on(both.logits.get());
                expect(launches<Scalar>::probabilities(view, chain, shares.get(), static_cast<std::ptrdiff_t>(vocab),
                                                       statuses.get(), {.blocks = blocks}),
                       "probabilities");
                // In place: the logits themselves are what is masked.
                expect(launches<Scalar>::mask(b.on(masked.get()), chain, masked.get() + b.offset,
                                              static_cast<std::ptrdiff_t>(b.stride), nullptr, {.blocks = blocks}),
                       "mask_logits");
                expect(cudaDeviceSynchronize(), "distributions");
                const auto share = shares.read(b.rows * vocab);
                const auto stays = masked.read(b.logits.size());
                const auto status = statuses.read(b.rows);
                for (std::size_t r = 0; r < b.rows; ++r) {
                    pluck::workspace scratch;
                    pluck::cpu::row row(b.row(r), scratch, pluck::randomness(pluck::key{}), r);
                    const pluck::pick drawn = pluck::run(pluck::as_chain(chain), row);
                    std::vector<float> want(vocab, 0.0f);
                    exact::splitmix unused(0, 0);
                    const std::uint16_t low = std::same_as<Scalar, pluck::half> ? 0xfc00u : 0xff80u;
                    Scalar none{};
                    if constexpr (std::same_as<Scalar, float>) none = exact::float_of(exact::minus_infinity);
                    else none = {low};
                    std::vector<Scalar> left(vocab, none);
                    if (drawn) {
                        const double total = static_cast<double>(row.total());
                        row.for_each([&](std::int32_t token, float, std::uint64_t mass) {
                            want[static_cast<std::size_t>(token)] =
                                static_cast<float>(static_cast<double>(mass) / total);
                            left[static_cast<std::size_t>(token)] = b.row(r).data[token];
                        });
                    }
                    const std::string where =
                        std::string(name_of<Scalar>) + " vocab " + std::to_string(vocab) + " row " + std::to_string(r);
                    found.equal(drawn.status, status[r], where + " status");
                    for (std::size_t i = 0; i < vocab; ++i) {
                        found.equal(want[i], share[r * vocab + i], where + " probability of " + std::to_string(i));
                        found.equal(left[i], stays[b.offset + r * b.stride + i], where + " logit " + std::to_string(i));
                    }
                }
            }
        }
    }
}

/// A little of everything: what the quick sanitizers can check in a minute.
template <class Scalar>
void few_rows(tally& found) {
    bench<Scalar> both;
    for (const std::size_t vocab : {std::size_t{70}, std::size_t{3001}, std::size_t{40000}}) {
        both.make(6, vocab, vocab > 1000, vocab + 84);
        for (const unsigned blocks : {1u, 2u, 8u}) {
            for (const bool rejection : {false, true}) {
                const auto want = both.on_cpu(rejection);
                const auto got = both.on_device({.blocks = blocks}, rejection);
                for (std::size_t r = 0; r < got.size(); ++r)
                    found.same(want[r], got[r],
                               std::string(name_of<Scalar>) + " vocab " + std::to_string(vocab) + " blocks " +
                                   std::to_string(blocks));
            }
        }
    }
}

/// The smallest test that passes through every operation, for racecheck, which is far slower than the other sanitizers:
/// short rows, and rows whose strips are as long as those of a vocabulary. In one block a row, or in a cluster.
void commands(tally& found, unsigned blocks) {
    constexpr std::size_t list = 4096;  // device_team's, which only nvcc knows
    bench<float> both;
    const auto compare = [&](const few& from, bool rejection) {
        auto& b = both.batch;
        b.rows = from.rows.size(), b.vocab = b.stride = from.rows[0].size(), b.offset = 0;
        b.logits.clear(), b.keys.clear(), b.steps.assign(b.rows * most_steps, {});
        for (std::size_t r = 0; r < b.rows; ++r) {
            b.logits.insert(b.logits.end(), from.rows[r].begin(), from.rows[r].end());
            b.keys.push_back({.seed = 86, .sequence = r});
            for (std::size_t i = 0; i < few::each; ++i) b.steps[r * most_steps + i] = from.steps[r * few::each + i];
        }
        both.logits.load(b.logits), both.steps.load(b.steps), both.keys.load(b.keys);
        const auto want = both.on_cpu(rejection);
        const auto got = both.on_device({.blocks = blocks}, rejection);
        for (std::size_t r = 0; r < got.size(); ++r)
            found.same(
                want[r], got[r],
                "row " + std::to_string(r) + " vocab " + std::to_string(b.vocab) + (rejection ? " rejection" : ""));
    };
    compare(every_command(2 * list + 5, list, true), false);
    compare(every_command(2 * list + 5, list, false), true);
    compare(every_command(8 * list + 5, list, false), false);
}
void commands_of_a_block(tally& found) { commands(found, 1); }
void commands_of_a_cluster(tally& found) { commands(found, 4); }

template <void (*Float)(tally&), void (*Half)(tally&), void (*Bfloat)(tally&)>
void every_type(tally& found) {
    Float(found), Half(found), Bfloat(found);
}

}  // namespace

int main(int count, char** words) {
    std::vector<std::string> wanted;
    for (int i = 1; i < count; ++i) {
        char* end = nullptr;
        const auto number = std::strtoul(words[i], &end, 10);
        if (*end == 0) permille = static_cast<unsigned>(number);
        else wanted.emplace_back(words[i]);
    }
    cudaDeviceProp device{};
    expect(cudaGetDeviceProperties(&device, 0), "cudaGetDeviceProperties");
    std::printf("%s, compute capability %d.%d\n", device.name, device.major, device.minor);

    using pluck::bfloat16, pluck::half;
    const std::pair<const char*, void (*)(tally&)> tests[] = {
        {"bad_rows", bad_rows},
        {"commands_of_a_block", commands_of_a_block},
        {"commands_of_a_cluster", commands_of_a_cluster},
        {"few_rows", every_type<few_rows<float>, few_rows<half>, few_rows<bfloat16>>},
        {"named_chains", every_type<named_chains<float>, named_chains<half>, named_chains<bfloat16>>},
        {"small_rows", every_type<small_rows<float>, small_rows<half>, small_rows<bfloat16>>},
        {"large_rows", every_type<large_rows<float>, large_rows<half>, large_rows<bfloat16>>},
        {"any_number_of_blocks",
         every_type<any_number_of_blocks<float>, any_number_of_blocks<half>, any_number_of_blocks<bfloat16>>},
        {"repeats", repeats},
        {"indices", indices},
        {"graph", graph},
        {"extreme_lengths", extreme_lengths},
        {"whole_distributions",
         every_type<whole_distributions<float>, whole_distributions<half>, whole_distributions<bfloat16>>},
    };
    int passed = 0, failed = 0;
    for (const auto& [name, test] : tests) {
        if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), name) == wanted.end()) continue;
        const auto start = std::chrono::steady_clock::now();
        tally found;
        test(found);
        expect(cudaDeviceSynchronize(), name);
        const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        std::printf("%-22s %10" PRIu64 " answers compared, %" PRIu64 " differ, %.1f s\n", name, found.compared,
                    found.different, seconds);
        if (found.different != 0) std::printf("    first: %s\n", found.first.c_str());
        std::fflush(stdout);
        (found.different == 0 ? passed : failed) += 1;
    }
    std::printf("%d passed, %d failed\n", passed, failed);
    return failed == 0 ? 0 : 1;
}
