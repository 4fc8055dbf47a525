// SPDX-License-Identifier: MIT
//
// The optimiser Adam (Kingma and Ba, 2014): a running mean of the gradient, divided by a running root mean square.
#pragma once

#include "layers.hpp"

#include <cmath>

namespace model {

template <class Scalar>
class adam {
public:
    explicit adam(index count)
        : mean_(column_vector<Scalar>::Zero(count)), square_(column_vector<Scalar>::Zero(count)) {}

    void step(column_vector<Scalar>& values, const column_vector<Scalar>& gradient, double learning_rate) {
        ++steps_;
        mean_ += Scalar(1 - beta_1) * (gradient - mean_);
        square_.array() += Scalar(1 - beta_2) * (gradient.array().square() - square_.array());
        // Both averages start at 0, which makes the first ones too small by a known factor.
        const Scalar mean_factor = Scalar(learning_rate / (1 - std::pow(beta_1, steps_)));
        const Scalar square_factor = Scalar(1 / (1 - std::pow(beta_2, steps_)));
        values.array() -= mean_factor * mean_.array() / ((square_.array() * square_factor).sqrt() + Scalar(1e-8));
    }

private:
    static constexpr double beta_1 = 0.9;
    static constexpr double beta_2 = 0.999;

    column_vector<Scalar> mean_, square_;
    double steps_ = 0;
};

}  // namespace model
