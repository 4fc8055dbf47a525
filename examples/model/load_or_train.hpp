// SPDX-License-Identifier: MIT
//
// The Hamlet model for an example: from its file if there is one, else trained, with a progress bar, and kept.
#pragma once

#include "hamlet.hpp"
#include "support/picture.hpp"
#include "train.hpp"
#include "weights.hpp"
#include <pluck/thread_pool.hpp>

#include <filesystem>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

namespace model {

/// "epoch  12 of 150   loss 0.873   5 s left"
inline std::string describe(const epoch_report& r) {
    using picture::number;
    const std::string epochs = std::to_string(r.epochs);
    const std::string epoch =
        picture::pad(std::to_string(r.epoch), static_cast<int>(epochs.size()), picture::align::right);
    const double left = r.seconds / r.epoch * (r.epochs - r.epoch);
    return "epoch " + epoch + " of " + epochs + "   loss " + number(r.loss, 3) + "   " +
           (r.epoch < r.epochs ? number(left, 0) + " s left" : "in " + number(r.seconds, 1) + " s");
}

inline trained_model train_on_hamlet(int epochs, int threads) {
    const alphabet letters(hamlet_text());
    const std::vector<int> text = letters.encode(hamlet_text());
    trained_model trained{transformer<float>({.vocab = letters.size()}), letters.characters(), {}};
    const training how{.epochs = epochs};
    std::cout << "training " << epochs << " epochs on " << text.size() << " characters, with " << threads
              << (threads == 1 ? " thread\n" : " threads\n");
    initialise(trained.net, how.seed);
    pluck::thread_pool pool(threads);
    train<float>(trained.net, text, how, pool, [&](const epoch_report& report) {
        trained.losses.push_back(static_cast<float>(report.loss));
        picture::progress(static_cast<double>(report.epoch) / report.epochs, describe(report));
    });
    return trained;
}

/// Throws std::runtime_error if the file is there and is not such a model, or cannot be written.
inline trained_model load_or_train(const std::string& file, int epochs, int threads) {
    if (!std::filesystem::exists(file)) {
        trained_model trained = train_on_hamlet(epochs, threads);
        save(trained, file);
        std::cout << "weights saved in " << file << '\n';
        return trained;
    }
    trained_model loaded = load(file);
    if (loaded.characters != alphabet(hamlet_text()).characters()) {
        throw std::runtime_error(file + " has learned another alphabet");
    }
    std::cout << "weights loaded from " << file << ": " << loaded.losses.size() << " epochs";
    if (!loaded.losses.empty()) std::cout << ", loss " << picture::number(loaded.losses.back(), 3);
    std::cout << '\n';
    if (loaded.losses.size() != static_cast<std::size_t>(epochs)) {
        std::cout << "for " << epochs << " epochs, remove the file or name another by --weights\n";
    }
    return loaded;
}

}  // namespace model
