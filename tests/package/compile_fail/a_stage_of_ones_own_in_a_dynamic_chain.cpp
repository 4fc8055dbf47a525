// SPDX-License-Identifier: MIT
// expect: this dynamic_chain cannot hold a stage of this type
#include <pluck/pluck.hpp>

struct first_three : pluck::stage {
    static constexpr pluck::verb does = pluck::verb::keep;
    template <class Row>
    void operator()(Row& row) const {
        row.keep_largest(3);
    }
};

auto make() {
#ifdef PLUCK_TWIN
    return pluck::basic_dynamic_chain<first_three, pluck::top_p>().add(first_three()).add(pluck::top_p(0.9f));
#else
    return pluck::dynamic_chain().add(first_three()).add(pluck::top_p(0.9f));
#endif
}
