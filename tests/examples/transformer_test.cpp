// SPDX-License-Identifier: MIT
//
// The model of example 7: its backward pass against finite differences, its cache against whole sequences, its training
// against itself on more threads, and its weights file.

#include "model/generate.hpp"
#include "model/hamlet.hpp"
#include "model/train.hpp"
#include "model/weights.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using Eigen::Index;

constexpr model::dimensions small{.vocab = 7, .context = 6, .width = 8, .heads = 2, .layers = 2, .hidden = 12};

struct serial {
    template <class Function>
    void operator()(std::size_t n, Function f) const {
        for (std::size_t i = 0; i < n; ++i) f(i);
    }
};

struct one_thread_each {
    template <class Function>
    void operator()(std::size_t n, Function f) const {
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < n; ++i) threads.emplace_back([&f, i] { f(i); });
    }
};

/// Every parameter away from 0 and 1, biases and gains too, so that no term of the gradient hides behind a zero.
template <class Scalar>
model::transformer<Scalar> shaken(const model::dimensions& size, std::uint64_t seed, double by) {
    model::transformer<Scalar> net(size);
    model::initialise(net, seed);
    for (Index i = 0; i < net.values.size(); ++i) {
        const double unit = model::random_bits(seed, 9, static_cast<std::uint64_t>(i)) * 0x1p-31 - 1;
        net.values(i) += static_cast<Scalar>(by * unit);
    }
    return net;
}

std::vector<int> random_ids(Index count, Index vocab, std::uint64_t seed) {
    std::vector<int> ids;
    for (Index i = 0; i < count; ++i) {
        const std::uint32_t bits = model::random_bits(seed, 8, static_cast<std::uint64_t>(i));
        ids.push_back(static_cast<int>(bits % static_cast<std::uint32_t>(vocab)));
    }
    return ids;
}

double loss_of(const model::transformer<double>& net, const std::vector<int>& ids, const std::vector<int>& targets,
               Index length) {
    model::trace<double> trace;
    model::forward<double>(net, ids, length, trace);
    return model::cross_entropy<double>(trace.logits, targets, 1.0);
}

std::vector<float> trained_losses(model::transformer<float>& net, auto&& executor, int epochs) {
    const auto text = model::alphabet(model::hamlet_text()).encode(model::hamlet_text());
    std::vector<float> losses;
    model::train<float>(net, text, {.epochs = epochs, .seed = 5}, executor,
                        [&](const model::epoch_report& r) { losses.push_back(static_cast<float>(r.loss)); });
    return losses;
}

struct temporary_file {
    std::string path = (std::filesystem::temp_directory_path() /
                        ("pluck-weights-" + std::to_string(std::hash<std::thread::id>{}(std::this_thread::get_id())) +
                         '-' + std::to_string(std::chrono::steady_clock::now().time_since_epoch().count())))
                           .string();
    temporary_file() = default;
    temporary_file(const temporary_file&) = delete;
    temporary_file& operator=(const temporary_file&) = delete;
    ~temporary_file() {
        std::error_code ignored;
        std::filesystem::remove(path, ignored);
    }

    void write(const std::string& bytes) const {
        std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    }
};

}  // namespace

TEST_CASE("the gradient of every parameter agrees with central differences") {
    const Index length = 5;
    auto net = shaken<double>(small, 3, 0.3);
    const auto ids = random_ids(2 * length, small.vocab, 1);
    const auto targets = random_ids(2 * length, small.vocab, 2);

    model::column_vector<double> gradient = model::column_vector<double>::Zero(net.values.size());
    model::trace<double> trace;
    const double loss = model::loss_and_gradient<double>(net, ids, targets, length, 1.0, trace, gradient);
    CHECK(loss == Approx(loss_of(net, ids, targets, length)).epsilon(1e-14));

    // Fourth-order differences: the error of the formula is about step^4, that of the rounding 1e-15 / step.
    const double step = 1e-3;
    double worst = 0;
    for (Index i = 0; i < net.values.size(); ++i) {
        const double at = net.values(i);
        const auto loss_at = [&](double offset) {
            net.values(i) = at + offset;
            return loss_of(net, ids, targets, length);
        };
        const double near = loss_at(step) - loss_at(-step);
        const double far = loss_at(2 * step) - loss_at(-2 * step);
        net.values(i) = at;
        const double difference = (8 * near - far) / (12 * step);
        worst = std::max(worst, std::abs(difference - gradient(i)) / std::max(1.0, std::abs(difference)));
    }
    INFO("worst error " << worst << " over " << net.values.size() << " parameters");
    CHECK(worst < 1e-9);
    // The check would prove little where nothing moves: only what the text does not touch may have no gradient.
    CHECK((gradient.array() != 0).count() > net.values.size() * 9 / 10);
}

TEST_CASE("the gradient is added to what is there, times the weight") {
    const auto net = shaken<double>(small, 4, 0.2);
    const auto ids = random_ids(6, small.vocab, 1);
    const auto targets = random_ids(6, small.vocab, 2);
    model::trace<double> trace;
    model::column_vector<double> once = model::column_vector<double>::Zero(net.values.size());
    model::loss_and_gradient<double>(net, ids, targets, 6, 1.0, trace, once);
    model::column_vector<double> twice = once;
    model::loss_and_gradient<double>(net, ids, targets, 6, 0.5, trace, twice);
    CHECK((twice - 1.5 * once).cwiseAbs().maxCoeff() < 1e-12);
}

TEST_CASE("a token sees the past only, and its own sequence only") {
    const auto net = shaken<double>(small, 5, 0.3);
    auto ids = random_ids(12, small.vocab, 3);
    model::trace<double> before;
    model::trace<double> after;
    model::forward<double>(net, ids, 6, before);
    ids[9] = (ids[9] + 1) % static_cast<int>(small.vocab);  // the fourth token of the second sequence
    model::forward<double>(net, ids, 6, after);
    CHECK((before.logits.topRows(9).array() == after.logits.topRows(9).array()).all());
    for (Index i = 9; i < 12; ++i) CHECK((before.logits.row(i) - after.logits.row(i)).cwiseAbs().maxCoeff() > 1e-6);
}

TEST_CASE("the cache gives the logits of the whole sequence, beyond the context too") {
    const auto net = shaken<float>({.vocab = 26, .context = 48}, 6, 0.1);
    const auto ids = random_ids(130, net.size.vocab, 4);
    model::reader<float> cached(net);
    model::trace<float> trace;
    float worst = 0;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const auto& logits = cached.read(ids[i]);
        const auto window = cached.window();
        REQUIRE(window.size() == (i < 48 ? i + 1 : 25 + (i - 48) % 24));  // the newer half stays
        REQUIRE(std::equal(window.rbegin(), window.rend(), ids.rend() - static_cast<std::ptrdiff_t>(i) - 1));
        model::forward<float>(net, window, static_cast<Index>(window.size()), trace);
        worst = std::max(worst, (logits - trace.logits.bottomRows(1)).cwiseAbs().maxCoeff());
    }
    INFO("worst difference of a logit " << worst);
    CHECK(worst < 1e-4f);
}

TEST_CASE("a trained model: loss, threads, seeds, cached tokens equal the uncached ones") {
    const model::dimensions size{.vocab = model::alphabet(model::hamlet_text()).size()};
    const int epochs = 3;
    model::transformer<float> net(size);
    model::initialise(net, 1);
    model::transformer<float> threaded = net;
    model::transformer<float> other(size);
    model::initialise(other, 2);
    CHECK((other.values.array() != net.values.array()).any());

    const auto losses = trained_losses(net, serial{}, epochs);
    REQUIRE(losses.size() == 3);
    CHECK(losses.front() > losses.back());
    CHECK(losses.front() < 3.26f);  // ln 26, what knowing nothing costs
    CHECK(losses.back() < 2.5f);
    CHECK(trained_losses(threaded, one_thread_each{}, epochs) == losses);
    CHECK((threaded.values.array() == net.values.array()).all());

    const auto prompt = model::alphabet(model::hamlet_text()).encode("To be or ");
    model::reader<float> cached(net);
    cached.read(prompt);
    const auto best = [](const auto& logits) {
        Index id = 0;
        logits.maxCoeff(&id);
        return static_cast<int>(id);
    };
    const auto tokens = model::generate(cached, 39, [&](const auto& logits, int) { return best(logits); });
    std::vector<int> text = prompt;
    model::trace<float> trace;
    for (const int token : tokens) {
        model::forward<float>(net, text, static_cast<Index>(text.size()), trace);
        REQUIRE(token == best(trace.logits.row(trace.logits.rows() - 1)));
        text.push_back(token);
    }
}

TEST_CASE("windows cut the text at every place in time") {
    const model::training how{.epochs = 48};
    std::vector<int> seen(400, 0);
    for (int epoch = 0; epoch < how.epochs; ++epoch) {
        auto starts = model::windows(how, 400, epoch);
        std::sort(starts.begin(), starts.end());
        for (std::size_t i = 0; i < starts.size(); ++i) {
            REQUIRE(starts[i] + how.length < 400);  // the character after the window is a target
            if (i > 0) REQUIRE(starts[i] - starts[i - 1] == how.length);
            ++seen[static_cast<std::size_t>(starts[i])];
        }
    }
    CHECK(std::all_of(seen.begin(), seen.end() - 48, [](int n) { return n == 1; }));
    CHECK(std::all_of(seen.end() - 48, seen.end(), [](int n) { return n == 0; }));
}

TEST_CASE("weights come back from a file as they were") {
    const temporary_file file;
    const model::trained_model saved{shaken<float>(small, 7, 0.3), "abcdefg", {2.5f, 0.25f}};
    model::save(saved, file.path);
    const model::trained_model loaded = model::load(file.path);
    CHECK(loaded.net.size == saved.net.size);
    CHECK((loaded.net.values.array() == saved.net.values.array()).all());
    CHECK(loaded.characters == saved.characters);
    CHECK(loaded.losses == saved.losses);
    CHECK_FALSE(std::filesystem::exists(file.path + ".part"));
}

TEST_CASE("a wrong weights file is refused, and the message says why") {
    using Catch::Matchers::ContainsSubstring;
    using Catch::Matchers::StartsWith;
    const temporary_file file;
    const std::string good = model::weights_file::encode({shaken<float>(small, 8, 0.3), "abcdefg", {2.5f}});
    const auto with = [&](std::size_t place, char byte) {
        std::string bytes = good;
        bytes[place] = byte;
        return bytes;
    };

    CHECK_THROWS_WITH(model::load(file.path), StartsWith("cannot read " + file.path));
    file.write("");
    CHECK_THROWS_WITH(model::load(file.path), ContainsSubstring("is not a weights file"));
    file.write("<svg>" + good);
    CHECK_THROWS_WITH(model::load(file.path), ContainsSubstring("is not a weights file"));
    file.write(with(8, 2));
    CHECK_THROWS_WITH(model::load(file.path), ContainsSubstring("format version 2, this program reads version 1"));
    file.write(with(12 + 4 * 2, 3));  // three heads do not divide the width
    CHECK_THROWS_WITH(model::load(file.path), ContainsSubstring("impossible sizes"));
    file.write(with(good.size() / 2, static_cast<char>(good[good.size() / 2] ^ 1)));
    CHECK_THROWS_WITH(model::load(file.path), file.path + " is damaged");
    file.write(good + "x");
    CHECK_THROWS_WITH(model::load(file.path), ContainsSubstring("is damaged"));
    for (std::size_t size = model::weights_file::magic.size(); size < good.size(); ++size) {
        CHECK_THROWS_WITH(model::weights_file::decode(std::string_view(good).substr(0, size)), "is cut short");
    }
    CHECK_THROWS_WITH(model::save(model::weights_file::decode(good), "/no/such/folder/weights"),
                      "cannot write the weights to /no/such/folder/weights");
}

TEST_CASE("the alphabet of the passage") {
    const model::alphabet alphabet(model::hamlet_text());
    CHECK(alphabet.size() == 26);
    CHECK(model::hamlet_text().size() == 10 * model::hamlet_passage.size());
    CHECK(alphabet.decode(alphabet.encode("To be or not")) == "To be or not");
    CHECK_THROWS_WITH(alphabet.encode("To be?"), "not in the alphabet: '?'");
}
