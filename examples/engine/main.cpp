// SPDX-License-Identifier: MIT
//
// Shows:       a complete inference engine: libllama reads, pluck draws. The loop is in generate.hpp, ten lines of it;
//              model.hpp is libllama, stream.hpp makes characters of tokens; this file answers a prompt.
// Also:        show.hpp (--strategies, --show), batch.hpp (--batch), benchmark.hpp (--benchmark).

#include "batch.hpp"
#include "benchmark.hpp"
#include "command_line.hpp"
#include "generate.hpp"
#include "model.hpp"
#include "options.hpp"
#include "show.hpp"
#include "stream.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <unistd.h>
#include <vector>

namespace {

using namespace engine;

const char* reason(ending why) {
    switch (why) {
        case ending::length: return "as many tokens as asked for";
        case ending::context_full: return "the context is full";
        case ending::end_token: return "the model ended it";
        case ending::stop_token: return "a stop token";
        case ending::stopped: return "a stop string";
        case ending::cancelled: return "Ctrl-C";
    }
    return "";
}

/// To standard error, so that standard output has the answer alone.
void summarise(const running& one, const times& took, ending why, std::uint64_t seed) {
    const bool dims = isatty(STDERR_FILENO) != 0 && picture::has_colours();
    const double forward = quartiles_of(took.forward).median, sampling = quartiles_of(took.sampling).median;
    std::string line = std::to_string(one.text.generated()) + " tokens";
    if (forward > 0) {
        line += ", " + picture::number(1e6 / (forward + sampling), 1) +
                " a second: " + picture::number(forward / 1000, 2) + " ms forward, " + picture::number(sampling, 1) +
                " us sampling, " + picture::percent(sampling / (forward + sampling), 2);
    }
    line += "; prompt of " + std::to_string(one.text.prompt_size()) + " in " + picture::number(took.prompt / 1000, 0) +
            " ms; end: " + reason(why) + "; seed " + std::to_string(seed);
    std::cerr << '\n' << (dims ? "\033[2m" : "") << line << (dims ? "\033[0m" : "") << std::endl;
}

/// The tokens of a request with `logprobs`: of each, its log-probability, and those of the best ones.
class log_probabilities {
public:
    explicit log_probabilities(std::size_t best) : ids_(best), values_(best), table_(columns(best)) {}

    [[nodiscard]] pluck::report ask() { return {.of = pluck::base::raw, .top = {ids_, values_}}; }
    void add(const model& of, std::int32_t token, const pluck::report& said) {
        const auto fit = static_cast<std::size_t>(std::max(1, (terminal_width() - 28) / 20));  // in a line
        std::vector<std::string> cells = {quoted(of, token), number(said.log_probability), ""};
        for (std::size_t i = 0; i < ids_.size(); ++i) {
            cells[2] += picture::pad(quoted(of, ids_[i]) + ' ' + number(values_[i]), 20);
            if ((i + 1) % fit != 0 || i + 1 == ids_.size()) continue;
            table_.row(cells);
            cells = {"", "", ""};
        }
        table_.row(cells);
    }
    void print() const { table_.print(); }

private:
    static std::string number(float value) { return picture::number(static_cast<double>(value)); }
    static std::string quoted(const model& of, std::int32_t token) {
        return '"' + one_line(of.piece(token, /*special=*/true)) + '"';
    }
    static std::vector<picture::table::column> columns(std::size_t best) {
        std::vector<picture::table::column> all = {{"token", picture::align::left}, {"log p"}};
        all.push_back({best > 0 ? "best " + std::to_string(best) : "", picture::align::left});
        return all;
    }
    std::vector<std::int32_t> ids_;
    std::vector<float> values_;
    picture::table table_;
};

void answer(const model& of, const options& given) {
    const std::uint64_t seed = seed_of(given.request);
    int n = given.tokens(256);
    running one(of, prompt_tokens(of, given, "What is gravity?"), given.request, seed);
    context engine = context_for(of, given, one.text.size(), n);

    log_probabilities wanted(static_cast<std::size_t>(given.request.logprobs.value_or(0)));
    pluck::report said = wanted.ask();
    stream out(given.stops);
    times took;
    ending why = generate(engine, one, n, took, given.request.logprobs ? &said : nullptr, [&](int token) {
        std::cout << out.put(of.piece(token)) << std::flush;
        if (given.request.logprobs) wanted.add(of, token, said);
        return !out.stopped();
    });
    if (why == ending::length && n < given.tokens(256)) why = ending::context_full;
    std::cout << out.finish() << std::endl;
    if (given.request.logprobs) wanted.print();
    summarise(one, took, why, seed);
}

void run(const options& given) {
    quiet_libllama(given.verbose);
    catch_interrupts();
    const model of(given.model);
    switch (given.what) {
        case mode::answer: return answer(of, given);
        case mode::strategies: return compare_strategies(of, given);
        case mode::show: return show_tokens(of, given);
        case mode::batch: return run_batch(of, given);
        case mode::benchmark: return run_benchmark(of, given);
    }
}

int failed(const std::exception& e, int code) {
    std::cout << std::flush;
    std::cerr << "engine: " << e.what() << '\n';
    return code;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        const options given = parse(argc, argv);
        if (given.help) print_usage(std::cout);
        else run(given);
        if (!std::cout.flush()) throw std::runtime_error("standard output cannot be written");
    } catch (const usage_error& e) {
        return failed(e, 2);
    } catch (const std::invalid_argument& e) {  // pluck's: a request that has no chain
        return failed(e, 2);
    } catch (const cancelled& e) {
        return failed(e, 130);
    } catch (const std::exception& e) {
        return failed(e, 1);
    }
}
