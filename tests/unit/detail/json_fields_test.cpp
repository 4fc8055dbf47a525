// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include <pluck/detail/json_fields.hpp>

#include <set>
#include <string>

TEST_CASE("no name in a JSON body stands for two fields") {
    std::set<std::string> names;
    const auto add = [&](const char* name) {
        INFO(name);
        CHECK(names.insert(name).second);
    };
    const auto add_all = [&](const auto& fields) {
        for (const auto& field : fields)
            for (const char* name : field.names)
                if (name != nullptr) add(name);
    };
    add_all(pluck::detail::json_floats);
    add_all(pluck::detail::json_integers);
    add_all(pluck::detail::json_ids);
    add_all(pluck::detail::json_phrases);
    add_all(pluck::detail::json_flags);
    for (const auto& neutral : pluck::detail::json_neutral) add(neutral[0]);
    for (const char* ignored : pluck::detail::json_ignored) add(ignored);
    CHECK(names.size() > 100);
}
