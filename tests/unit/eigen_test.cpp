// SPDX-License-Identifier: MIT
//
// Every shape of Eigen's draws the token of the plain span with the same logits.
#include "support/catch.hpp"
#include "support/logit_cases.hpp"
#include "unit/helpers.hpp"
#include <pluck/adjust/banned.hpp>
#include <pluck/adjust/guidance.hpp>
#include <pluck/eigen.hpp>
#include <pluck/sample.hpp>

#include <Eigen/Core>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

using namespace pluck_test;
using Eigen::Index;
using pluck::key;
using pluck::pick;
using pluck::sample;

namespace {

constexpr auto usual = pluck::temperature(0.9f) | pluck::top_k(40) | pluck::top_p(0.95f);
constexpr Index vocab = 130;  // two blocks and a bit

using row_major_matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

Eigen::VectorXf logits_of_seed(std::uint64_t seed, Index size = vocab) {
    random_numbers numbers(seed, 6);
    Eigen::VectorXf x(size);
    for (Index i = 0; i < size; ++i) x[i] = static_cast<float>(numbers.normal() * 2);
    return x;
}

template <class Matrix>
Matrix matrix_of_seed(std::uint64_t seed, Index rows, Index cols) {
    random_numbers numbers(seed, 7);
    Matrix x(rows, cols);
    for (Index r = 0; r < rows; ++r) {
        for (Index c = 0; c < cols; ++c) x(r, c) = static_cast<typename Matrix::Scalar>(numbers.normal() * 2);
    }
    return x;
}

// The picks of twelve keys: what a row is, for these tests.
template <class X>
std::vector<pick> picks_of(const X& x) {
    std::vector<pick> picks;
    for (int position = 0; position < 12; ++position)
        picks.push_back(sample(x, usual, {.seed = 6, .position = position}));
    return picks;
}

// The same from a plain span of floats, read from `x` by coefficient.
template <class X>
std::vector<pick> plain_picks_of(const X& x) {
    std::vector<float> row;
    for (Index i = 0; i < x.size(); ++i) row.push_back(static_cast<float>(x(i)));
    const std::vector<pick> picks = picks_of(std::span<const float>(row));
    for (const pick& one : picks) CHECK(one);
    return picks;
}

template <class X>
void expect_as_plain(const std::string& what, const X& x) {
    INFO(what);
    CHECK(picks_of(x) == plain_picks_of(x.eval()));
}

// Whether sample() takes an X as a row, sample_rows() as a batch.
template <class X>
constexpr bool row = pluck::row_like<X>;
template <class X>
constexpr bool batch = pluck::batch_like<X>;

template <class Batch>
std::vector<pick> batch_picks_of(const Batch& x) {
    const auto rows = static_cast<std::size_t>(x.rows());
    std::vector<key> keys;
    for (std::size_t i = 0; i < rows; ++i) keys.push_back({.seed = 8, .sequence = i});
    std::vector<pick> picks(rows);
    pluck::sample_rows(x, usual, keys, picks);
    return picks;
}

template <class Batch>
void expect_batch_as_plain(const std::string& what, const Batch& x) {
    INFO(what);
    const std::vector<pick> picks = batch_picks_of(x);
    for (Index r = 0; r < x.rows(); ++r) {
        std::vector<float> logits;
        for (Index c = 0; c < x.cols(); ++c) logits.push_back(static_cast<float>(x(r, c)));
        const pick expected = sample(logits, usual, {.seed = 8, .sequence = r});
        CHECK(expected);
        CHECK(picks[static_cast<std::size_t>(r)] == expected);
    }
}

}  // namespace

TEST_CASE("vectors and arrays of floats, dynamic and fixed, are rows") {
    const Eigen::VectorXf x = logits_of_seed(1);
    expect_as_plain("VectorXf", x);
    expect_as_plain("RowVectorXf", Eigen::RowVectorXf(x.transpose()));
    expect_as_plain("ArrayXf", Eigen::ArrayXf(x.array()));
    expect_as_plain("Array<float, 1, Dynamic>", Eigen::Array<float, 1, Eigen::Dynamic>(x.transpose().array()));
    expect_as_plain("Vector4f", Eigen::Vector4f(x.head<4>()));
    expect_as_plain("RowVector3f", Eigen::RowVector3f(x.head<3>().transpose()));
    expect_as_plain("Matrix<float, 1, 1>", Eigen::Matrix<float, 1, 1>(x[0]));
    expect_as_plain("Array<float, 7, 1>", Eigen::Array<float, 7, 1>(x.head<7>().array()));
    expect_as_plain("a vector of a bounded size", Eigen::Matrix<float, Eigen::Dynamic, 1, 0, 200, 1>(x));
}

TEST_CASE("vectors of double, half and bfloat16 are rows") {
    const Eigen::VectorXf x = logits_of_seed(2);
    expect_as_plain("VectorXd", Eigen::VectorXd(x.cast<double>()));
    expect_as_plain("ArrayXd", Eigen::ArrayXd(x.cast<double>().array()));
    expect_as_plain("half", Eigen::Matrix<Eigen::half, Eigen::Dynamic, 1>(x.cast<Eigen::half>()));
    expect_as_plain("bfloat16", Eigen::Matrix<Eigen::bfloat16, Eigen::Dynamic, 1>(x.cast<Eigen::bfloat16>()));
    expect_as_plain("half array",
                    Eigen::Array<Eigen::half, 1, Eigen::Dynamic>(x.cast<Eigen::half>().transpose().array()));
}

TEST_CASE("maps of memory are rows: dense, strided, unaligned, constant") {
    Eigen::VectorXf x = logits_of_seed(3, 3 * vocab);
    using Eigen::InnerStride;
    using Eigen::Map;
    using Eigen::VectorXf;
    expect_as_plain("Map", Map<VectorXf>(x.data(), vocab));
    expect_as_plain("Map of const", Map<const VectorXf>(x.data(), vocab));
    expect_as_plain("Map at an odd float", Map<const VectorXf>(x.data() + 1, vocab));
    expect_as_plain("Map of a row", Map<const Eigen::RowVectorXf>(x.data(), vocab));
    expect_as_plain("Map of an array", Map<const Eigen::ArrayXf>(x.data(), vocab));
    expect_as_plain("InnerStride<3>", Map<const VectorXf, 0, InnerStride<3>>(x.data(), vocab));
    expect_as_plain("InnerStride<>", Map<const VectorXf, 0, InnerStride<>>(x.data() + 2, vocab, InnerStride<>(2)));
    expect_as_plain("a fixed Map", Map<const Eigen::Matrix<float, 9, 1>>(x.data()));
    std::vector<Eigen::bfloat16> brains;
    for (Index i = 0; i < x.size(); ++i) brains.emplace_back(x[i]);
    expect_as_plain(
        "bfloat16, strided",
        Map<const Eigen::Matrix<Eigen::bfloat16, Eigen::Dynamic, 1>, 0, InnerStride<2>>(brains.data(), vocab));
}

TEST_CASE("a Ref is a row, whatever it refers to") {
    const Eigen::VectorXf x = logits_of_seed(4);
    Eigen::VectorXf y = x;
    const auto of_const = [](const Eigen::Ref<const Eigen::VectorXf>& ref) { expect_as_plain("Ref of const", ref); };
    const auto of_plain = [](Eigen::Ref<Eigen::VectorXf> ref) { expect_as_plain("Ref", ref); };
    const auto strided = [](const Eigen::Ref<const Eigen::VectorXf, 0, Eigen::InnerStride<>>& ref) {
        expect_as_plain("strided Ref", ref);
    };
    of_const(x);
    of_const(x.segment(3, 90));
    of_const(x + x);
    of_plain(y);
    of_plain(y.tail(77));
    const row_major_matrix m = matrix_of_seed<row_major_matrix>(4, vocab, 3);
    strided(m.col(1));
    strided(x);
}

TEST_CASE("rows, columns and diagonals of matrices are rows") {
    const Eigen::MatrixXf column_major = matrix_of_seed<Eigen::MatrixXf>(5, 20, vocab);
    const row_major_matrix row_major = matrix_of_seed<row_major_matrix>(5, 20, vocab);
    for (const Index i : {0, 7, 19}) {
        expect_as_plain("row of a column-major matrix", column_major.row(i));
        expect_as_plain("row of a row-major matrix", row_major.row(i));
        expect_as_plain("column of a column-major matrix", column_major.col(i));
        expect_as_plain("column of a row-major matrix", row_major.col(i));
        expect_as_plain("row of a block", column_major.block(1, 2, 19, 100).row(i % 19));
        expect_as_plain("transposed row", column_major.row(i).transpose());
        expect_as_plain("row of a transposed matrix", row_major.transpose().row(i));
    }
    expect_as_plain("diagonal", column_major.leftCols(20).diagonal());
    expect_as_plain("diagonal", row_major.diagonal(3));
    const Eigen::Matrix<float, 4, 8> fixed = matrix_of_seed<Eigen::Matrix<float, 4, 8>>(5, 4, 8);
    expect_as_plain("row of a fixed matrix", fixed.row(2));
    const Eigen::ArrayXXf array = column_major.array();
    expect_as_plain("row of an array", array.row(3));
    const Eigen::Map<const Eigen::MatrixXf, 0, Eigen::OuterStride<>> map(column_major.data(), 10, 60,
                                                                         Eigen::OuterStride<>(40));
    expect_as_plain("row of a map with an outer stride", map.row(4));
}

TEST_CASE("parts of a vector are rows") {
    const Eigen::VectorXf x = logits_of_seed(6);
    const Eigen::RowVectorXd y = x.cast<double>().transpose();
    expect_as_plain("segment", x.segment(5, 70));
    expect_as_plain("fixed segment", x.segment<9>(5));
    expect_as_plain("head", x.head(66));
    expect_as_plain("tail", x.tail(1));
    expect_as_plain("segment of a segment", x.segment(5, 70).segment(1, 64));
    expect_as_plain("segment of doubles", y.segment(5, 70));
    expect_as_plain("block", x.block<50, 1>(3, 0));
    expect_as_plain("array of a segment", x.segment(5, 70).array());
    expect_as_plain("matrix of an array", x.array().matrix());
    expect_as_plain("transposed", x.transpose());
    expect_as_plain("reshaped", x.reshaped());
}

TEST_CASE("a vector backwards is a row") {
    const Eigen::VectorXf x = logits_of_seed(7);
    expect_as_plain("reverse", x.reverse());
    expect_as_plain("reverse of a row", x.transpose().reverse());
    expect_as_plain("reverse of a segment", x.segment(2, 65).reverse());
    expect_as_plain("segment of a reverse", x.reverse().segment(2, 65));
}

TEST_CASE("vectors by index are rows") {
    const Eigen::VectorXf x = logits_of_seed(8);
    const std::vector<int> some = {5, 3, 3, 100, 0};
    expect_as_plain("a list of indices", x(some));
    expect_as_plain("a sequence", x(Eigen::seq(3, 90)));
    expect_as_plain("a sequence with a step", x(Eigen::seqN(1, 40, 3)));
    expect_as_plain("a sequence with a fixed step", x(Eigen::seqN(1, 40, Eigen::fix<2>)));
    expect_as_plain("a sequence backwards", x(Eigen::seqN(100, 90, -1)));
    const Eigen::MatrixXf m = matrix_of_seed<Eigen::MatrixXf>(8, 6, vocab);
    expect_as_plain("a row by index", m(2, Eigen::all));
    expect_as_plain("every second of a row", m(2, Eigen::seqN(0, 65, 2)));
}

TEST_CASE("expressions are rows, computed as they are read") {
    const Eigen::VectorXf x = logits_of_seed(9), y = logits_of_seed(10);
    expect_as_plain("sum", x + y);
    expect_as_plain("scaled sum", 0.5f * x - 2 * y);
    expect_as_plain("array", x.array() / 2 + 1);
    expect_as_plain("minimum", x.cwiseMin(y));
    expect_as_plain("cast from double", x.cast<double>().cast<float>());
    expect_as_plain("cast to double", x.cast<double>());
    expect_as_plain("cast to half", x.cast<Eigen::half>());
    expect_as_plain("cast to bfloat16", x.cast<Eigen::bfloat16>());
    expect_as_plain("choice", (x.array() > 0).select(x, y));
    expect_as_plain("constant", Eigen::VectorXf::Constant(70, 1.5f));
    expect_as_plain("a ramp", Eigen::RowVectorXf::LinSpaced(70, -1, 1));
    expect_as_plain("repeated", x.head(20).replicate<3, 1>());
    expect_as_plain("reverse of a sum", (x + y).reverse());
    expect_as_plain("transposed sum", (x + y).transpose());
}

TEST_CASE("parts of expressions are rows") {
    const Eigen::VectorXf x = logits_of_seed(11), y = logits_of_seed(12);
    expect_as_plain("segment of a sum", (x + y).segment(3, 77));
    expect_as_plain("fixed segment of a sum", (x + y).segment<5>(3));
    expect_as_plain("head of a sum", (x + y).head(70));
    expect_as_plain("tail of a cast", x.cast<double>().tail(70));
    const Eigen::MatrixXf a = matrix_of_seed<Eigen::MatrixXf>(11, 9, vocab),
                          b = matrix_of_seed<Eigen::MatrixXf>(12, 9, vocab);
    expect_as_plain("row of a sum", (a + b).row(4));
    expect_as_plain("column of a sum", (a + b).col(4));
    expect_as_plain("column sums", a.colwise().sum());
    expect_as_plain("row maxima", a.rowwise().maxCoeff());
}

TEST_CASE("products are rows, computed once") {
    const Eigen::MatrixXf weights = matrix_of_seed<Eigen::MatrixXf>(13, vocab, 16);
    const Eigen::VectorXf hidden = logits_of_seed(14, 16);
    const Eigen::MatrixXf several = matrix_of_seed<Eigen::MatrixXf>(15, 16, 4);
    expect_as_plain("matrix times vector", weights * hidden);
    expect_as_plain("row vector times matrix", hidden.transpose() * weights.transpose());
    expect_as_plain("with a bias", weights * hidden + logits_of_seed(16));
    expect_as_plain("column of a product", (weights * several).col(2));
    expect_as_plain("row of a product", (several.transpose() * weights.transpose()).row(2));
    expect_as_plain("lazy product", weights.lazyProduct(hidden));
}

TEST_CASE("a double beyond the floats saturates, a masked one stays masked") {
    Eigen::VectorXd x(4);
    x << 1, 1e300, -1e300, -std::numeric_limits<double>::infinity();
    CHECK(sample(x, pluck::greedy{}, {}).token == 1);
    CHECK(sample(x, pluck::min_p(0), {.seed = 1}).token == 1);
}

TEST_CASE("the caller's vector is not written to") {
    const Eigen::VectorXf x = logits_of_seed(17), before = x;
    (void)picks_of(x);
    (void)picks_of(x.reverse());
    CHECK(x == before);
}

TEST_CASE("empty vectors have no candidate") {
    CHECK(sample(Eigen::VectorXf(), usual, {}).status == pluck::status::no_candidate);
    CHECK(sample(Eigen::RowVectorXd(0), usual, {}).status == pluck::status::no_candidate);
    CHECK(sample(Eigen::VectorXf(5).head(0), usual, {}).status == pluck::status::no_candidate);
    CHECK(sample(Eigen::MatrixXf(3, 0).row(0), usual, {}).status == pluck::status::no_candidate);
}

TEST_CASE("what has one dimension by its type is a row, what has two is a batch") {
    STATIC_REQUIRE((row<Eigen::VectorXf> && !batch<Eigen::VectorXf>));
    STATIC_REQUIRE((row<Eigen::RowVectorXd> && !batch<Eigen::RowVectorXd>));
    STATIC_REQUIRE((!row<Eigen::MatrixXf> && batch<Eigen::MatrixXf>));
    STATIC_REQUIRE((!row<Eigen::ArrayXXd> && batch<Eigen::ArrayXXd>));
    STATIC_REQUIRE((!row<Eigen::Matrix4f> && batch<Eigen::Matrix4f>));
    STATIC_REQUIRE((row<Eigen::MatrixXf::ConstRowXpr> && !batch<Eigen::MatrixXf::ConstRowXpr>));
    STATIC_REQUIRE_FALSE(row<Eigen::VectorXi>);
    STATIC_REQUIRE_FALSE(row<Eigen::VectorXcf>);
    STATIC_REQUIRE_FALSE(batch<Eigen::MatrixXi>);
    STATIC_REQUIRE(noexcept(sample(std::declval<const Eigen::VectorXf&>(), usual, key{})));
    using sum = decltype(Eigen::VectorXf() + Eigen::VectorXf());
    STATIC_REQUIRE(noexcept(sample(std::declval<const sum&>(), usual, key{})));
}

TEST_CASE("matrices and arrays, row- and column-major, are batches") {
    expect_batch_as_plain("MatrixXf", matrix_of_seed<Eigen::MatrixXf>(20, 7, vocab));
    expect_batch_as_plain("row-major", matrix_of_seed<row_major_matrix>(20, 7, vocab));
    expect_batch_as_plain("ArrayXXf", Eigen::ArrayXXf(matrix_of_seed<Eigen::MatrixXf>(20, 7, vocab)));
    expect_batch_as_plain("MatrixXd", matrix_of_seed<Eigen::MatrixXd>(20, 7, vocab));
    expect_batch_as_plain("fixed", matrix_of_seed<Eigen::Matrix<float, 3, 5>>(20, 3, 5));
    expect_batch_as_plain("fixed, row-major", matrix_of_seed<Eigen::Matrix<float, 3, 5, Eigen::RowMajor>>(20, 3, 5));
    expect_batch_as_plain("one row", matrix_of_seed<Eigen::MatrixXf>(20, 1, vocab));
    expect_batch_as_plain("one token", matrix_of_seed<Eigen::MatrixXf>(20, 7, 1));
    using half_matrix = Eigen::Matrix<Eigen::half, Eigen::Dynamic, Eigen::Dynamic>;
    using bfloat16_matrix = Eigen::Matrix<Eigen::bfloat16, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    const Eigen::MatrixXf x = matrix_of_seed<Eigen::MatrixXf>(20, 7, vocab);
    expect_batch_as_plain("half", half_matrix(x.cast<Eigen::half>()));
    expect_batch_as_plain("bfloat16", bfloat16_matrix(x.cast<Eigen::bfloat16>()));
}

TEST_CASE("blocks, transposes, maps and refs of matrices are batches") {
    const Eigen::MatrixXf x = matrix_of_seed<Eigen::MatrixXf>(21, 9, vocab);
    const row_major_matrix y = matrix_of_seed<row_major_matrix>(22, 9, vocab);
    expect_batch_as_plain("block", x.block(1, 2, 6, 100));
    expect_batch_as_plain("block, row-major", y.block(1, 2, 6, 100));
    expect_batch_as_plain("rows", x.topRows(3));
    expect_batch_as_plain("columns", y.leftCols(70));
    expect_batch_as_plain("transposed", x.transpose());
    expect_batch_as_plain("transposed, row-major", y.transpose());
    expect_batch_as_plain("array", x.array());
    const Eigen::MatrixXf memory = matrix_of_seed<Eigen::MatrixXf>(23, 40, vocab);
    using Eigen::Map;
    using Eigen::OuterStride;
    using Eigen::Stride;
    expect_batch_as_plain("map", Map<const Eigen::MatrixXf>(memory.data(), 9, vocab));
    expect_batch_as_plain("map, row-major", Map<const row_major_matrix>(memory.data(), 9, vocab));
    expect_batch_as_plain("outer stride",
                          Map<const Eigen::MatrixXf, 0, OuterStride<>>(memory.data(), 9, vocab, OuterStride<>(17)));
    expect_batch_as_plain("outer stride, row-major", Map<const row_major_matrix, 0, OuterStride<>>(
                                                         memory.data(), 9, vocab, OuterStride<>(vocab + 3)));
    using both = Stride<Eigen::Dynamic, Eigen::Dynamic>;
    expect_batch_as_plain("both strides", Map<const Eigen::MatrixXf, 0, both>(memory.data(), 9, 90, both(30, 3)));
    expect_batch_as_plain("both strides, row-major",
                          Map<const row_major_matrix, 0, both>(memory.data(), 9, 90, both(300, 3)));
    const auto of_ref = [](const Eigen::Ref<const Eigen::MatrixXf>& ref) { expect_batch_as_plain("Ref", ref); };
    of_ref(x);
    of_ref(x.middleRows(2, 4));
    const auto of_row_major = [](const Eigen::Ref<const row_major_matrix>& ref) { expect_batch_as_plain("Ref", ref); };
    of_row_major(y.middleRows(2, 4));
}

TEST_CASE("a batch computed as an expression must be evaluated first") {
    const Eigen::MatrixXf x = matrix_of_seed<Eigen::MatrixXf>(24, 5, vocab);
    STATIC_REQUIRE_FALSE(batch<decltype(x + x)>);
    expect_batch_as_plain("evaluated", (x + x).eval());
}

TEST_CASE("rows of Eigen's make a batch, too") {
    const std::vector<Eigen::VectorXf> rows = {logits_of_seed(30, 70), logits_of_seed(31, 5), logits_of_seed(32)};
    std::vector<key> keys(3);
    for (std::size_t i = 0; i < 3; ++i) keys[i] = {.seed = i};
    std::vector<pick> picks(3);
    pluck::sample_rows(rows, usual, keys, picks);
    for (std::size_t i = 0; i < 3; ++i) CHECK(picks[i] == sample(rows[i], usual, keys[i]));
}

TEST_CASE("a matrix of no rows is an empty batch, one of no columns has no candidates") {
    CHECK(batch_picks_of(Eigen::MatrixXf(0, 5)).empty());
    CHECK(batch_picks_of(Eigen::MatrixXf(2, 0)) == std::vector<pick>(2, pick{-1, pluck::status::no_candidate}));
}

TEST_CASE("an adjuster's list may be a vector of Eigen's, and nothing that has gaps or two dimensions") {
    const Eigen::VectorXi ids = Eigen::Vector3i(0, 2, 5);
    const Eigen::VectorXf row = logits_of_seed(33, 6), other = logits_of_seed(34, 6);
    const std::vector<std::int32_t> plain(ids.data(), ids.data() + 3);
    CHECK(sample(row, pluck::banned(ids), {.seed = 1}) == sample(row, pluck::banned(plain), {.seed = 1}));
    const std::vector<float> floats(other.data(), other.data() + 6);
    CHECK(sample(row, pluck::guidance(other, 2), {.seed = 1}) == sample(row, pluck::guidance(floats, 2), {.seed = 1}));
    using column_of_rows = decltype(std::declval<Eigen::MatrixXi&>().row(0));
    using with_stride = Eigen::Map<const Eigen::VectorXf, 0, Eigen::InnerStride<>>;
    CHECK_FALSE((std::is_constructible_v<pluck::banned, column_of_rows&>));
    CHECK_FALSE((std::is_constructible_v<pluck::banned, Eigen::MatrixXi&>));
    CHECK_FALSE((std::is_constructible_v<pluck::guidance, with_stride&, float>));
    CHECK_FALSE((std::is_constructible_v<pluck::guidance, row_major_matrix&, float>));
}
