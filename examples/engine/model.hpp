// SPDX-License-Identifier: MIT
//
// libllama's model and context as C++ objects that say what is wrong: files that are no model, or not all of one, are
// refused before libllama sees them, and what it logs is kept for the message.
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <gguf.h>
#include <llama.h>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

namespace engine {

/// What libllama has logged as an error last. It says nothing itself, unless it is to be verbose.
inline std::string& last_error() {
    static std::string text;
    return text;
}

inline void quiet_libllama(bool is_verbose) {
    static bool verbose;
    verbose = is_verbose;
    llama_log_set(
        [](ggml_log_level level, const char* text, void*) {
            if (verbose) std::fputs(text, stderr);
            if (level == GGML_LOG_LEVEL_ERROR) last_error() = std::string(text).substr(0, std::strcspn(text, "\n"));
        },
        nullptr);
    // Where libllama would abort, with the stack of its calls: one line instead, and an exit code.
    ggml_set_abort_callback([](const char* text) {
        std::fprintf(stderr, "\nengine: libllama gave up: %s\n", text);
        std::_Exit(1);
    });
}

inline std::string with_reason(std::string message) {
    return last_error().empty() ? message : message + ": " + last_error();
}

inline std::string megabytes(std::uint64_t bytes) { return std::to_string((bytes + 500'000) / 1'000'000) + " MB"; }

/// Memory that a program can still have: what Linux says, of the machine and of a container; else what the machine has.
inline std::uint64_t free_memory() {
    std::uint64_t limit = 0, used = 0;
    const bool is_limited = static_cast<bool>(std::ifstream("/sys/fs/cgroup/memory.max") >> limit) &&
                            static_cast<bool>(std::ifstream("/sys/fs/cgroup/memory.current") >> used);
    const std::uint64_t most = !is_limited ? ~std::uint64_t{0} : limit > used ? limit - used : 0;
    std::ifstream file("/proc/meminfo");
    for (std::string name, unit; file >> name;) {
        std::uint64_t kilobytes = 0;
        file >> kilobytes;
        std::getline(file, unit);
        if (name == "MemAvailable:") return std::min(most, kilobytes * 1024);
    }
    const long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    return pages > 0 && page > 0 ? std::min(most, static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page))
                                 : most;
}

/// Refuses what is no model, is not all of one, or is larger than the memory.
inline void check_model_file(const std::string& name) {
    namespace fs = std::filesystem;
    std::error_code error;
    if (!fs::exists(name, error)) throw std::runtime_error("there is no model " + name);
    if (!fs::is_regular_file(name, error)) throw std::runtime_error(name + " is no file");
    const std::uint64_t size = fs::file_size(name, error);
    std::ifstream file(name, std::ios::binary);
    if (error || !file) throw std::runtime_error(name + " cannot be read: " + std::strerror(errno));
    char magic[4] = {};
    file.read(magic, sizeof magic);
    if (std::string_view(magic, sizeof magic) != "GGUF")
        throw std::runtime_error(name + " is no GGUF file: it does not begin with the letters GGUF");
    const std::unique_ptr<gguf_context, void (*)(gguf_context*)> header(
        gguf_init_from_file(name.c_str(), {.no_alloc = true, .ctx = nullptr}), gguf_free);
    if (header == nullptr) throw std::runtime_error(with_reason(name + " is damaged, its header cannot be read"));
    std::uint64_t end = gguf_get_data_offset(header.get());
    for (std::int64_t i = 0; i < gguf_get_n_tensors(header.get()); ++i) {
        end =
            std::max<std::uint64_t>(end, gguf_get_data_offset(header.get()) + gguf_get_tensor_offset(header.get(), i) +
                                             gguf_get_tensor_size(header.get(), i));
    }
    if (size < end)
        throw std::runtime_error(name + " is damaged, it ends too early: its tensors take " + std::to_string(end) +
                                 " bytes, and the file has " + std::to_string(size));
    if (size > free_memory())
        throw std::runtime_error(name + " is too large: it has " + megabytes(size) + ", and " +
                                 megabytes(free_memory()) + " of memory are free");
}

struct message {
    std::string role;
    std::string content;
};

class model {
public:
    explicit model(const std::string& file)
        : name_(std::filesystem::path(file).stem().string()), model_(nullptr, llama_model_free) {
        check_model_file(file);
        last_error().clear();
        model_.reset(llama_model_load_from_file(file.c_str(), llama_model_default_params()));
        if (model_ == nullptr) throw std::runtime_error(with_reason("libllama cannot load " + file));
        vocab_ = llama_model_get_vocab(model_.get());
        if (size() <= 0) throw std::runtime_error(file + " has no vocabulary");
        for (llama_token token = 0; token < size(); ++token)
            if (llama_vocab_is_eog(vocab_, token)) ends_.push_back(token);
    }

    [[nodiscard]] llama_model* get() const { return model_.get(); }
    /// How many tokens the vocabulary has.
    [[nodiscard]] std::int32_t size() const { return llama_vocab_n_tokens(vocab_); }
    [[nodiscard]] int trained_context() const { return llama_model_n_ctx_train(model_.get()); }
    /// The tokens that end a text.
    [[nodiscard]] const std::vector<std::int32_t>& ends() const { return ends_; }
    [[nodiscard]] bool is_end(llama_token token) const { return llama_vocab_is_eog(vocab_, token); }

    [[nodiscard]] const std::string& name() const { return name_; }

    [[nodiscard]] std::vector<std::int32_t> tokens(const std::string& text) const {
        const auto size = static_cast<std::int32_t>(text.size());
        std::vector<std::int32_t> ids(text.size() + 8);  // a token has a byte at least, but for the first and the last
        const std::int32_t n = llama_tokenize(vocab_, text.data(), size, ids.data(),
                                              static_cast<std::int32_t>(ids.size()), /*add_special=*/true,
                                              /*parse_special=*/true);
        if (n <= 0) throw std::runtime_error("the prompt has no tokens");
        ids.resize(static_cast<std::size_t>(n));
        return ids;
    }

    /// The bytes of a token, which may be part of a character; none of a control token, unless those are to be seen.
    [[nodiscard]] std::string piece(llama_token token, bool special = false) const {
        std::string bytes(64, '\0');
        for (;;) {
            const std::int32_t n =
                llama_token_to_piece(vocab_, token, bytes.data(), static_cast<std::int32_t>(bytes.size()), 0, special);
            if (n < 0) bytes.resize(static_cast<std::size_t>(-n));
            else return bytes.substr(0, static_cast<std::size_t>(n));
        }
    }

    [[nodiscard]] bool has_chat_template() const { return llama_model_chat_template(model_.get(), nullptr) != nullptr; }

    /// The messages as the model was taught to read them, with the beginning of the answer.
    [[nodiscard]] std::string chat(const std::vector<message>& messages) const {
        std::vector<llama_chat_message> all;
        std::size_t size = 256;
        for (const message& each : messages) {
            all.push_back({each.role.c_str(), each.content.c_str()});
            size += 2 * (each.role.size() + each.content.size()) + 64;
        }
        const char* const rules = llama_model_chat_template(model_.get(), nullptr);
        for (std::string text(size, '\0');;) {
            const std::int32_t n = llama_chat_apply_template(rules, all.data(), all.size(), /*add_ass=*/true,
                                                             text.data(), static_cast<std::int32_t>(text.size()));
            if (n < 0) throw std::runtime_error("libllama does not know this model's chat template: try --raw");
            const auto needed = static_cast<std::size_t>(n);
            if (needed <= text.size()) return text.substr(0, needed);
            text.resize(needed);
        }
    }

private:
    std::string name_;
    std::unique_ptr<llama_model, void (*)(llama_model*)> model_;
    const llama_vocab* vocab_ = nullptr;
    std::vector<std::int32_t> ends_{};
};

/// The model's memory of one text, or of some.
class context {
public:
    struct options {
        int tokens = 512;  // of each text
        int texts = 1;
        int threads = 1;
        bool (*is_aborted)(void*) = nullptr;
    };

    context(const model& of, const options& how) : context_(nullptr, llama_free) {
        llama_context_params set = llama_context_default_params();
        set.n_ctx = static_cast<std::uint32_t>(how.tokens * how.texts);
        set.n_seq_max = static_cast<std::uint32_t>(how.texts);
        set.n_batch = set.n_ctx;
        set.n_ubatch = set.n_ctx < 512 ? set.n_ctx : 512;
        set.n_threads = set.n_threads_batch = how.threads;
        set.no_perf = true;
        set.abort_callback = how.is_aborted;
        last_error().clear();
        context_.reset(llama_init_from_model(of.get(), set));
        if (context_ == nullptr) throw std::runtime_error(with_reason("libllama has no memory for this context"));
    }

    [[nodiscard]] llama_context* get() const { return context_.get(); }

    /// Reads what it has not read yet of a text; false if that was interrupted.
    [[nodiscard]] bool read(std::span<const std::int32_t> text) {
        std::vector<llama_token> unread(text.begin() + read_, text.end());
        const bool done = decode(llama_batch_get_one(unread.data(), static_cast<std::int32_t>(unread.size())));
        if (done) read_ = static_cast<std::ptrdiff_t>(text.size());
        return done;
    }
    /// Forgets all but the first tokens of the text; those too, and returns false, where the model has no other way.
    bool rewind(std::size_t size) {
        llama_memory_t memory = llama_get_memory(context_.get());
        const bool done = llama_memory_seq_rm(memory, 0, static_cast<llama_pos>(size), -1);
        if (!done) llama_memory_seq_rm(memory, 0, -1, -1);
        read_ = done ? static_cast<std::ptrdiff_t>(size) : 0;
        return done;
    }
    [[nodiscard]] bool decode(const llama_batch& batch) {
        last_error().clear();
        const std::int32_t code = llama_decode(context_.get(), batch);
        if (code == 2) return false;
        if (code != 0) throw std::runtime_error(with_reason("llama_decode failed with " + std::to_string(code)));
        llama_synchronize(context_.get());
        return true;
    }

private:
    std::unique_ptr<llama_context, void (*)(llama_context*)> context_;
    std::ptrdiff_t read_ = 0;
};

}  // namespace engine
