// SPDX-License-Identifier: MIT
//
// A trained model in a file: the sizes, the alphabet, the loss of every epoch, the parameters.
//
// Format, all numbers little-endian: "PLUCKNET", u32 version; u32 context, width, heads, layers, hidden; the alphabet
// (u32 count, bytes); the losses (u32 count, float32); the parameters (u32 count, float32); u64 FNV-1a of all before.
#pragma once

#include "transformer.hpp"

#include <bit>
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace model {

struct trained_model {
    transformer<float> net;
    std::string characters;
    std::vector<float> losses;  // one per epoch
};

namespace weights_file {

inline constexpr std::string_view magic = "PLUCKNET";
inline constexpr std::uint32_t version = 1;

inline std::uint64_t checksum(std::string_view bytes) {
    std::uint64_t hash = 0xcbf29ce484222325u;
    for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    return hash;
}

template <std::unsigned_integral Integer>
void put(std::string& out, Integer value) {
    for (std::size_t i = 0; i < sizeof value; ++i) out += static_cast<char>(value >> (8 * i) & 0xff);
}

template <class Numbers>
void put_floats(std::string& out, const Numbers& numbers) {
    put(out, static_cast<std::uint32_t>(numbers.size()));
    for (const float x : numbers) put(out, std::bit_cast<std::uint32_t>(x));
}

/// Takes values off the front of the bytes; throws where there are too few.
class cursor {
public:
    explicit cursor(std::string_view bytes) : rest_(bytes) {}

    std::string_view take(std::size_t count) {
        if (count > rest_.size()) throw std::runtime_error("is cut short");
        const std::string_view taken = rest_.substr(0, count);
        rest_.remove_prefix(count);
        return taken;
    }

    template <std::unsigned_integral Integer>
    Integer integer() {
        Integer value = 0;
        const std::string_view bytes = take(sizeof value);
        for (std::size_t i = 0; i < sizeof value; ++i) {
            value |= static_cast<Integer>(Integer{static_cast<unsigned char>(bytes[i])} << (8 * i));
        }
        return value;
    }

    std::vector<float> floats() {
        cursor bytes(take(std::size_t{4} * integer<std::uint32_t>()));
        std::vector<float> all;
        while (!bytes.at_end()) all.push_back(std::bit_cast<float>(bytes.integer<std::uint32_t>()));
        return all;
    }

    [[nodiscard]] bool at_end() const { return rest_.empty(); }

private:
    std::string_view rest_;
};

inline std::string encode(const trained_model& model) {
    const dimensions& d = model.net.size;
    std::string out(magic);
    put(out, version);
    for (const index n : {d.context, d.width, d.heads, d.layers, d.hidden}) put(out, static_cast<std::uint32_t>(n));
    put(out, static_cast<std::uint32_t>(model.characters.size()));
    out += model.characters;
    put_floats(out, model.losses);
    put_floats(out, model.net.values);
    put(out, checksum(out));
    return out;
}

inline trained_model decode(std::string_view bytes) {
    cursor from(bytes);
    if (!bytes.starts_with(magic)) throw std::runtime_error("is not a weights file");
    from.take(magic.size());
    const auto found = from.integer<std::uint32_t>();
    if (found != version) {
        throw std::runtime_error("has format version " + std::to_string(found) + ", this program reads version " +
                                 std::to_string(version));
    }
    dimensions d;
    for (index* const n : {&d.context, &d.width, &d.heads, &d.layers, &d.hidden}) {
        *n = from.integer<std::uint32_t>();
        if (*n < 1 || *n > 4096) throw std::runtime_error("names impossible sizes");  // also keeps the product small
    }
    if (d.context < 2 || d.width % d.heads != 0) throw std::runtime_error("names impossible sizes");
    const std::string characters(from.take(from.integer<std::uint32_t>()));
    d.vocab = static_cast<index>(characters.size());
    std::vector<float> losses = from.floats();
    const std::vector<float> values = from.floats();
    const std::string_view before = bytes.substr(0, bytes.size() - sizeof(std::uint64_t));
    if (from.integer<std::uint64_t>() != checksum(before) || !from.at_end()) throw std::runtime_error("is damaged");
    if (static_cast<index>(values.size()) != parameter_count(d)) {
        throw std::runtime_error("has " + std::to_string(values.size()) + " parameters where its sizes need " +
                                 std::to_string(parameter_count(d)));
    }
    trained_model model{transformer<float>(d), characters, std::move(losses)};
    model.net.values = Eigen::Map<const column_vector<float>>(values.data(), model.net.values.size());
    return model;
}

}  // namespace weights_file

/// Throws std::runtime_error if the file cannot be written; then an older one is left as it was.
inline void save(const trained_model& model, const std::string& path) {
    const std::string unfinished = path + ".part";  // so that nobody finds half a file
    std::ofstream file(unfinished, std::ios::binary);
    const std::string bytes = weights_file::encode(model);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    file.close();
    std::error_code error;
    if (file) std::filesystem::rename(unfinished, path, error);
    if (!file || error) throw std::runtime_error("cannot write the weights to " + path);
}

/// Throws std::runtime_error, naming the file and what is wrong with it.
inline trained_model load(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (!file) throw std::runtime_error("cannot read " + path);
    try {
        return weights_file::decode(bytes);
    } catch (const std::runtime_error& e) {
        throw std::runtime_error(path + ' ' + e.what());
    }
}

}  // namespace model
