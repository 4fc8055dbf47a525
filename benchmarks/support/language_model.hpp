// SPDX-License-Identifier: MIT
//
// Rows of logits of a real language model, by libllama: what it says of each token of a text that it reads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <llama.h>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace pluck_bench {

/// A model in a GGUF file.
class language_model {
public:
    explicit language_model(const std::string& path) {
        llama_log_set([](ggml_log_level, const char*, void*) {}, nullptr);
        llama_backend_init();
        model_.reset(llama_model_load_from_file(path.c_str(), llama_model_default_params()));
        if (!model_) throw std::runtime_error("libllama cannot load " + path);
        name_ = std::filesystem::path(path).stem().string();
    }

    /// Its file's, without the ending.
    [[nodiscard]] const std::string& name() const { return name_; }

    /// The rows of the last `count` tokens of a text.
    [[nodiscard]] std::vector<std::vector<float>> rows_of(std::string_view text, std::size_t count) const {
        const llama_vocab* vocab = llama_model_get_vocab(model_.get());
        std::vector<llama_token> tokens(text.size() + 8);
        const int found = llama_tokenize(vocab, text.data(), static_cast<std::int32_t>(text.size()), tokens.data(),
                                         static_cast<std::int32_t>(tokens.size()), true, false);
        if (found < static_cast<int>(count)) throw std::runtime_error("the text has too few tokens for " + name_);
        tokens.resize(static_cast<std::size_t>(found));

        llama_context_params how = llama_context_default_params();
        how.n_ctx = how.n_batch = how.n_ubatch = static_cast<std::uint32_t>(found);
        how.n_threads = how.n_threads_batch = 1;
        const std::unique_ptr<llama_context, decltype(&llama_free)> context(llama_init_from_model(model_.get(), how),
                                                                            llama_free);
        llama_batch batch = llama_batch_init(found, 0, 1);
        for (int i = 0; i < found; ++i) {
            batch.token[i] = tokens[static_cast<std::size_t>(i)];
            batch.pos[i] = i;
            batch.n_seq_id[i] = 1;
            batch.seq_id[i][0] = 0;
            batch.logits[i] = i >= found - static_cast<int>(count) ? 1 : 0;
        }
        batch.n_tokens = found;
        const bool is_read = context && llama_decode(context.get(), batch) == 0;
        llama_batch_free(batch);
        if (!is_read) throw std::runtime_error(name_ + " cannot read the text");

        const auto size = static_cast<std::size_t>(llama_vocab_n_tokens(vocab));
        std::vector<std::vector<float>> rows;
        for (int i = found - static_cast<int>(count); i < found; ++i) {
            const float* logits = llama_get_logits_ith(context.get(), i);
            rows.emplace_back(logits, logits + size);
        }
        return rows;
    }

private:
    std::unique_ptr<llama_model, decltype(&llama_model_free)> model_{nullptr, llama_model_free};
    std::string name_;
};

}  // namespace pluck_bench
