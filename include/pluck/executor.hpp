// SPDX-License-Identifier: MIT
//
// What runs the rows of a batch.
#pragma once

#include <cstddef>

namespace pluck { inline namespace v0 {

/// Runs a batch in the calling thread: the executor that sample_rows() uses by default.
///
/// An executor `e(n, f)` calls `f(i)`, which does not throw, once for each i < n, in any order and on any thread, and
/// returns when all are done. thread_pool.hpp has one that uses several threads.
struct serial {
    template <class F>
    void operator()(std::size_t n, const F& f) const {
        for (std::size_t i = 0; i < n; ++i) f(i);
    }
};

}}  // namespace pluck::v0
