// SPDX-License-Identifier: MIT
//
// Batches and rows in every form that Eigen has for them: row- and column-major, maps with outer and inner strides,
// blocks, references, tensors, expressions. Gaps between the logits, and the room around them, hold NaNs.
#include "exact/public_path.hpp"
#include "exact/random_chains.hpp"
#include "exact/run_chain.hpp"
#include "exact/scalars.hpp"
#include "exact/workers.hpp"
#include "reference/oracle.hpp"
#include "support/catch.hpp"
#include <pluck/pluck.hpp>
#include <pluck/tensor.hpp>

#include <Eigen/Core>
#include <unsupported/Eigen/CXX11/Tensor>

#include <bit>
#include <cstddef>
#include <span>
#include <vector>

using namespace exact;
using Eigen::Index, Eigen::Dynamic;

namespace {

template <class Scalar>
Scalar scalar_of(bits_of<Scalar> bits) {
    return std::bit_cast<Scalar>(bits);
}

template <class Scalar>
using row_major = Eigen::Matrix<Scalar, Dynamic, Dynamic, Eigen::RowMajor>;
template <class Scalar>
using col_major = Eigen::Matrix<Scalar, Dynamic, Dynamic, Eigen::ColMajor>;

/// A random batch, its keys and chain, and what the oracle says of each row.
template <class Scalar>
struct batch_case {
    batch_case(u64 number_, splitmix& random, const sampler& own, std::size_t rows, std::size_t vocab)
        : number(number_), logits(static_cast<Index>(rows), static_cast<Index>(vocab)), scores(rows) {
        std::vector<bits_of<Scalar>> bits;
        for (std::size_t r = 0; r < rows; ++r) {
            random_scalars<Scalar>(bits, scores[r], vocab, random);
            for (std::size_t i = 0; i < vocab; ++i)
                logits(static_cast<Index>(r), static_cast<Index>(i)) = scalar_of<Scalar>(bits[i]);
            places.push_back(random_place(random));
            keys.push_back(key_of(places[r]));
        }
        random_chain(chain, own, scores[0], 3, 8, random);
        rules = dossiers::chained(chain);
        for (std::size_t r = 0; r < rows; ++r)
            wants.push_back(oracle::draw(scores[r], chain, U_of(places[r]), places[r].seed));
        picks.resize(rows);
    }
    [[nodiscard]] question asked(std::size_t r) const { return {number, scores[r], chain, U_of(places[r])}; }

    /// sample_rows() of this batch in one of its forms.
    template <class Batch>
    void check(comparison& compared, const Batch& batch) {
        picks.assign(picks.size(), pluck::pick{});
        pluck::sample_rows(batch, listed(rules), keys, picks);
        for (std::size_t r = 0; r < picks.size(); ++r) check_pick(compared, asked(r), wants[r], picks[r]);
        compared.found.rows += picks.size();
    }
    /// sample() and candidates() of row r in one of its forms.
    template <class Row>
    void check_row(comparison& compared, std::size_t r, const Row& row) {
        check_public(compared, asked(r), wants[r], row, listed(rules), places[r]);
        ++compared.found.rows;
    }

    u64 number;
    row_major<Scalar> logits;
    std::vector<std::vector<float>> scores;
    std::vector<place> places;
    std::vector<pluck::key> keys;
    std::vector<step> chain;
    dossiers::chain rules;
    std::vector<oracle::result> wants;
    std::vector<pluck::pick> picks;
};

}  // namespace

TEMPLATE_TEST_CASE("a batch in any of Eigen's layouts draws what the oracle says", "", float, double, Eigen::half,
                   Eigen::bfloat16) {
    const u64 batches = scaled(600);  // of four rows, for each sampler
    const tally found =
        compare_samplers(batches, 14, [](u64 number, comparison& compared, splitmix& random, const sampler& own) {
            constexpr Index rows = 4;
            batch_case<TestType> given(number, random, own, rows, 1 + number % 61);
            const row_major<TestType>& logits = given.logits;
            const Index vocab = logits.cols();
            const TestType nan = scalar_of<TestType>(static_cast<bits_of<TestType>>(~std::uint64_t{0}));

            given.check(compared, logits);
            const col_major<TestType> columns = logits;
            given.check(compared, columns);
            const Eigen::Array<TestType, rows, Dynamic, Eigen::RowMajor> array = logits.array();
            given.check(compared, array);

            row_major<TestType> wide = row_major<TestType>::Constant(rows + 2, vocab + 3, nan);
            wide.block(1, 2, rows, vocab) = logits;
            given.check(compared, wide.block(1, 2, rows, vocab));
            given.check(compared,
                        Eigen::Map<const row_major<TestType>, 0, Eigen::OuterStride<>>(
                            wide.data() + wide.outerStride() + 2, rows, vocab, Eigen::OuterStride<>(vocab + 3)));
            const Eigen::Ref<const row_major<TestType>, 0, Eigen::OuterStride<>> part(wide.block(1, 2, rows, vocab));
            given.check(compared, part);

            col_major<TestType> tall = col_major<TestType>::Constant(2 * rows + 1, 3 * vocab, nan);
            using both = Eigen::Stride<Dynamic, Dynamic>;
            Eigen::Map<col_major<TestType>, 0, both> spread(tall.data() + 1, rows, vocab,
                                                            both(3 * tall.outerStride(), 2));
            spread = logits;
            given.check(compared, spread);

            Eigen::Tensor<TestType, 2, Eigen::RowMajor> tensor(rows, vocab);
            Eigen::Tensor<TestType, 2, Eigen::ColMajor> column_tensor(rows, vocab);
            for (Index r = 0; r < rows; ++r)
                for (Index i = 0; i < vocab; ++i) tensor(r, i) = column_tensor(r, i) = logits(r, i);
            given.check(compared, tensor);
            given.check(compared, column_tensor);
            given.check(compared, Eigen::TensorMap<const Eigen::Tensor<TestType, 2, Eigen::RowMajor>>(logits.data(),
                                                                                                      rows, vocab));

            std::vector<pluck::logits_view<TestType>> views;
            for (Index r = 0; r < rows; ++r)
                views.push_back({columns.data() + r, static_cast<std::size_t>(vocab), columns.outerStride()});
            given.check(compared, views);
        });
    INFO(found.summary());
    CHECK(found.mismatches == 0);
    CHECK(found.rows == batches * 4 * 11 * dossiers::samplers().size());
}

TEMPLATE_TEST_CASE("a row in any of its forms keeps and draws what the oracle says", "", float, double, Eigen::half,
                   Eigen::bfloat16) {
    const u64 rows = scaled(2'400);  // for each sampler
    const tally found =
        compare_samplers(rows, 15, [](u64 number, comparison& compared, splitmix& random, const sampler& own) {
            constexpr std::size_t chosen = 1;
            batch_case<TestType> given(number, random, own, 3, 1 + number % 43);
            const row_major<TestType>& logits = given.logits;
            const Index vocab = logits.cols();
            const col_major<TestType> columns = logits;

            const Eigen::Matrix<TestType, Dynamic, 1> vector = logits.row(chosen);
            const Eigen::Matrix<TestType, 1, Dynamic> row_vector = logits.row(chosen);
            const Eigen::Array<TestType, Dynamic, 1> array = vector.array();
            given.check_row(compared, chosen, vector);
            given.check_row(compared, chosen, row_vector);
            given.check_row(compared, chosen, array);
            given.check_row(compared, chosen, logits.row(chosen));
            given.check_row(compared, chosen, columns.row(chosen));
            given.check_row(compared, chosen, columns.transpose().col(chosen));
            given.check_row(compared, chosen, columns.row(chosen).segment(0, vocab));
            given.check_row(compared, chosen, vector.reverse().reverse());
            given.check_row(compared, chosen, logits.row(chosen).array());

            Eigen::Matrix<TestType, Dynamic, 1> backwards(vocab);
            for (Index i = 0; i < vocab; ++i) backwards(i) = vector(vocab - 1 - i);
            given.check_row(compared, chosen, backwards.reverse());  // an expression: computed as it is read
            const Eigen::Ref<const Eigen::Matrix<TestType, Dynamic, 1>> reference(vector);
            given.check_row(compared, chosen, reference);
            using inner = Eigen::InnerStride<>;
            given.check_row(compared, chosen,
                            Eigen::Map<const Eigen::Matrix<TestType, Dynamic, 1>, 0, inner>(
                                columns.data() + chosen, vocab, inner(columns.outerStride())));

            Eigen::Tensor<TestType, 1> tensor(vocab);
            for (Index i = 0; i < vocab; ++i) tensor(i) = vector(i);
            given.check_row(compared, chosen, tensor);
            given.check_row(compared, chosen, Eigen::TensorMap<const Eigen::Tensor<TestType, 1>>(vector.data(), vocab));
            given.check_row(compared, chosen, std::vector<TestType>(vector.data(), vector.data() + vocab));
            given.check_row(compared, chosen,
                            std::span<const TestType>(vector.data(), static_cast<std::size_t>(vocab)));
        });
    INFO(found.summary());
    CHECK(found.mismatches == 0);
    CHECK(found.rows == rows * 16 * dossiers::samplers().size());
}

TEST_CASE("a row that is computed as it is read draws what the oracle says of its values") {
    const tally found =
        compare_samplers(scaled(2'400), 16, [](u64 number, comparison& compared, splitmix& random, const sampler& own) {
            batch_case<float> given(number, random, own, 2, 1 + number % 43);
            const auto sum = given.logits.row(0).array() + given.logits.row(1).array();
            const Eigen::ArrayXf values = sum.transpose();  // computed once, for the oracle
            const std::span<const float> scores(values.data(), static_cast<std::size_t>(values.size()));
            const oracle::result want = oracle::draw(scores, given.chain, U_of(given.places[0]), given.places[0].seed);
            const question asked{number, scores, given.chain, U_of(given.places[0])};
            check_public(compared, asked, want, sum, listed(given.rules), given.places[0]);
            check_public(compared, asked, want, sum.matrix().transpose(), listed(given.rules), given.places[0]);
            compared.found.rows += 2;
        });
    INFO(found.summary());
    CHECK(found.mismatches == 0);
}

TEST_CASE("a batch with a chain for each row draws what the oracle says") {
    const tally found =
        compare_samplers(scaled(600), 17, [](u64 number, comparison& compared, splitmix& random, const sampler& own) {
            constexpr std::size_t rows = 4;
            batch_case<float> given(number, random, own, rows, 1 + number % 61);
            std::vector<std::vector<step>> steps(rows);
            std::vector<dossiers::chain> chains;
            for (std::size_t r = 0; r < rows; ++r) {
                random_chain(steps[r], own, given.scores[r], 4, 4, random);
                chains.push_back(dossiers::chained(steps[r]));
            }
            pluck::sample_rows(given.logits, chains, given.keys, given.picks);
            for (std::size_t r = 0; r < rows; ++r) {
                ++compared.found.rows;
                const u128 U = U_of(given.places[r]);
                check_pick(compared, {number, given.scores[r], steps[r], U},
                           oracle::draw(given.scores[r], steps[r], U, given.places[r].seed), given.picks[r]);
            }
        });
    INFO(found.summary());
    CHECK(found.mismatches == 0);
}
