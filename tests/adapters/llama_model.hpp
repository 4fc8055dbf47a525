// SPDX-License-Identifier: MIT
//
// A model of one layer with random weights, written to a file and loaded by libllama, so that tests need no download.
#pragma once

#include "exact/splitmix.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <ggml.h>
#include <gguf.h>
#include <llama.h>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace llama_test {

inline constexpr std::int32_t vocab = 300;

class tiny_model {
public:
    static constexpr std::uint32_t batch = 64;

    tiny_model() {
        llama_log_set([](ggml_log_level, const char*, void*) {}, nullptr);
        const std::string path = free_path();
        write(path);
        llama_model_params how = llama_model_default_params();
        how.n_gpu_layers = 0;
        model_ = llama_model_load_from_file(path.c_str(), how);
        std::filesystem::remove(path);
        if (model_ == nullptr) throw std::runtime_error("libllama does not load the test's model");
        context_ = make_context();
    }
    tiny_model(const tiny_model&) = delete;
    tiny_model& operator=(const tiny_model&) = delete;
    ~tiny_model() {
        llama_free(context_);
        llama_model_free(model_);
    }

    [[nodiscard]] llama_model* model() const { return model_; }
    [[nodiscard]] const llama_vocab* tokens() const { return llama_model_get_vocab(model_); }
    [[nodiscard]] llama_context* context() const { return context_; }
    [[nodiscard]] llama_context* make_context() const {
        llama_context_params how = llama_context_default_params();
        how.n_ctx = 512;
        how.n_batch = how.n_ubatch = batch;
        how.n_threads = how.n_threads_batch = 1;
        llama_context* made = llama_init_from_model(model_, how);
        if (made == nullptr) throw std::runtime_error("libllama makes no context");
        return made;
    }

    /// A new text; an output row for each of its tokens.
    void start(const std::vector<llama_token>& text) {
        llama_memory_clear(llama_get_memory(context_), true);
        size_ = 0;
        if (!text.empty()) go_on(text);
    }
    /// More of it.
    void go_on(const std::vector<llama_token>& text) {
        llama_batch made = llama_batch_init(static_cast<std::int32_t>(text.size()), 0, 1);
        made.n_tokens = static_cast<std::int32_t>(text.size());
        for (std::size_t i = 0; i < text.size(); ++i) {
            made.token[i] = text[i];
            made.pos[i] = size_++;
            made.n_seq_id[i] = 1;
            made.seq_id[i][0] = 0;
            made.logits[i] = 1;
        }
        const int failed = llama_decode(context_, made);
        llama_batch_free(made);
        if (failed != 0) throw std::runtime_error("libllama does not decode");
    }
    /// A copy of an output row.
    [[nodiscard]] std::vector<float> row(std::int32_t index) const {
        const float* from = llama_get_logits_ith(context_, index);
        return {from, from + vocab};
    }

private:
    /// The programs of several builds may run at the same time.
    [[nodiscard]] static std::string free_path() {
        std::random_device random;
        const std::string name = "pluck_" + std::to_string(random()) + "_" + std::to_string(random()) + ".gguf";
        return (std::filesystem::temp_directory_path() / name).string();
    }

    static constexpr std::int64_t width = 32;
    static constexpr std::int64_t inner = 64;

    /// Ids 0 to 2 are special, 3 to 258 the bytes, and the rest two letters each, as in a vocabulary of SentencePiece.
    static void write_vocabulary(gguf_context* to) {
        std::vector<std::string> texts{"<unk>", "<s>", "</s>"};
        std::vector<std::int32_t> types{2, 3, 3};
        for (int byte = 0; byte < 256; ++byte) {
            char text[8];
            std::snprintf(text, sizeof text, "<0x%02X>", static_cast<unsigned>(byte));
            texts.emplace_back(text);
            types.push_back(6);
        }
        while (texts.size() < static_cast<std::size_t>(vocab)) {
            const int n = static_cast<int>(texts.size());
            texts.push_back({static_cast<char>('a' + n % 26), static_cast<char>('a' + n / 26)});
            types.push_back(1);
        }
        std::vector<const char*> pointers;
        for (const std::string& text : texts) pointers.push_back(text.c_str());
        const std::vector<float> scores(texts.size(), -1.0f);
        gguf_set_val_str(to, "tokenizer.ggml.model", "llama");
        gguf_set_arr_str(to, "tokenizer.ggml.tokens", pointers.data(), pointers.size());
        gguf_set_arr_data(to, "tokenizer.ggml.scores", GGUF_TYPE_FLOAT32, scores.data(), scores.size());
        gguf_set_arr_data(to, "tokenizer.ggml.token_type", GGUF_TYPE_INT32, types.data(), types.size());
        gguf_set_val_u32(to, "tokenizer.ggml.bos_token_id", 1);
        gguf_set_val_u32(to, "tokenizer.ggml.eos_token_id", 2);
    }

    static void write(const std::string& path) {
        gguf_context* const file = gguf_init_empty();
        gguf_set_val_str(file, "general.architecture", "llama");
        for (const auto& [name, value] : {std::pair{"context_length", 512}, std::pair{"embedding_length", int{width}},
                                          std::pair{"block_count", 1}, std::pair{"feed_forward_length", int{inner}},
                                          std::pair{"attention.head_count", 4}, std::pair{"vocab_size", int{vocab}}}) {
            gguf_set_val_u32(file, ("llama." + std::string(name)).c_str(), static_cast<std::uint32_t>(value));
        }
        gguf_set_val_f32(file, "llama.attention.layer_norm_rms_epsilon", 1e-5f);
        write_vocabulary(file);

        ggml_context* const memory =
            ggml_init({.mem_size = std::size_t{1} << 22, .mem_buffer = nullptr, .no_alloc = false});
        exact::splitmix random(11, 1);
        const auto add = [&](const char* name, std::int64_t columns, std::int64_t rows, float size) {
            ggml_tensor* const made = rows == 1 ? ggml_new_tensor_1d(memory, GGML_TYPE_F32, columns)
                                                : ggml_new_tensor_2d(memory, GGML_TYPE_F32, columns, rows);
            ggml_set_name(made, name);
            auto* const values = static_cast<float*>(made->data);
            for (std::int64_t i = 0; i < columns * rows; ++i) {
                values[i] = rows == 1 ? 1.0f : size * random.bell();
            }
            gguf_add_tensor(file, made);
        };
        add("token_embd.weight", width, vocab, 1.0f);
        add("output_norm.weight", width, 1, 1.0f);
        add("output.weight", width, vocab, 0.6f);
        add("blk.0.attn_norm.weight", width, 1, 1.0f);
        for (const char* name :
             {"blk.0.attn_q.weight", "blk.0.attn_k.weight", "blk.0.attn_v.weight", "blk.0.attn_output.weight"})
            add(name, width, width, 0.4f);
        add("blk.0.ffn_norm.weight", width, 1, 1.0f);
        add("blk.0.ffn_gate.weight", width, inner, 0.4f);
        add("blk.0.ffn_up.weight", width, inner, 0.4f);
        add("blk.0.ffn_down.weight", inner, width, 0.4f);
        const bool written = gguf_write_to_file(file, path.c_str(), false);
        gguf_free(file);
        ggml_free(memory);
        if (!written) throw std::runtime_error("cannot write " + path);
    }

    llama_model* model_ = nullptr;
    llama_context* context_ = nullptr;
    std::int32_t size_ = 0;
};

/// One for all tests: each starts a text of its own.
inline tiny_model& the_model() {
    static tiny_model made;
    return made;
}

}  // namespace llama_test
