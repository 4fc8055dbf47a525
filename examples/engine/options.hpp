// SPDX-License-Identifier: MIT
//
// What is asked of the engine: by the command line (command_line.hpp), and by a request's body (request.hpp).
#pragma once

#include "model.hpp"
#include <pluck/sampling_params.hpp>

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <type_traits>
#include <vector>

#ifdef __linux__
#include <sched.h>
#endif

namespace engine {

struct usage_error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Whose order of stages, defaults and ranges hold.
inline constexpr pluck::order rules = pluck::order::llama_cpp;

enum class mode { answer, strategies, show, batch, benchmark };

/// The cores that this process may run on. Two threads of libllama on one core wait for each other.
inline int usable_cores() {
#ifdef __linux__
    cpu_set_t cores;
    if (sched_getaffinity(0, sizeof cores, &cores) == 0) return CPU_COUNT(&cores);
#endif
    return static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
}

struct options {
    mode what = mode::answer;
    std::string model{};
    std::optional<std::string> prompt{};  // none: the mode's own
    std::string system{};
    std::vector<message> messages{};  // of a request's body
    bool raw = false;                 // the prompt as it is, without the model's chat template
    std::optional<int> n{};           // most tokens, -1 for what the context holds; none: the mode's choice
    int batch = 0;
    int parallel = 0;  // 0: half of the batch
    bool check = false;
    int threads = usable_cores();
    int context = 0;  // 0: as many tokens as are needed
    bool verbose = false;
    bool help = false;
    std::string json_out{};
    std::vector<std::string> stops{};
    std::vector<std::string> settings{};  // the names of what a body says of drawing and stopping, but for the seed
    pluck::sampling_params request = pluck::defaults(rules);

    [[nodiscard]] int tokens(int otherwise) const {
        return n == -1 ? std::numeric_limits<int>::max() : n.value_or(otherwise);
    }
};

namespace detail {

template <class T>
std::string text_of(T value) {
    std::ostringstream out;
    out << value;
    return out.str();
}

/// Reads a number in a range, its ends included.
template <class T>
auto number(T& to, T least, T most, const char* also = "") {
    return [&to, least, most, also](const std::string& name, const std::string& text) {
        T value{};
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        const bool is_number = error == std::errc{} && end == text.data() + text.size();
        if (!is_number || !(value >= least && value <= most)) {
            throw usage_error(name + " must be " + also + (std::is_integral_v<T> ? "an integer " : "") + "in [" +
                              text_of(least) + ", " + text_of(most) + "], got " + (text.empty() ? "nothing" : text));
        }
        to = value;
    };
}
}  // namespace detail

}  // namespace engine
