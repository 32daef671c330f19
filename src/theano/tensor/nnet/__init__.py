"""What neural networks use: ``theano.tensor.nnet.something``."""

from theano.tensor.elemwise import ELEMWISE
from theano.tensor.nnet import conv
from theano.tensor.nnet.activation import elu, hard_sigmoid, relu, selu
from theano.tensor.nnet.conv import (
    ConvOp,
    conv2d,
    conv2d_grad_wrt_inputs,
    conv2d_transpose,
    conv3d,
)
from theano.tensor.nnet.hierarchy import h_softmax
from theano.tensor.nnet.loss import (
    binary_crossentropy,
    categorical_crossentropy,
    confusion_matrix,
    sigmoid_binary_crossentropy,
)
from theano.tensor.nnet.norm import batch_normalization
from theano.tensor.nnet.softmax import (
    CrossentropyCategorical1Hot,
    CrossentropyCategorical1HotGrad,
    CrossentropySoftmax1HotWithBiasDx,
    CrossentropySoftmaxArgmax1HotWithBias,
    LogSoftmax,
    Softmax,
    SoftmaxGrad,
    SoftmaxWithBias,
    crossentropy_categorical_1hot,
    crossentropy_categorical_1hot_grad,
    crossentropy_softmax_1hot,
    crossentropy_softmax_1hot_with_bias,
    crossentropy_softmax_1hot_with_bias_dx,
    crossentropy_softmax_argmax_1hot_with_bias,
    crossentropy_softmax_max_and_argmax_1hot,
    crossentropy_softmax_max_and_argmax_1hot_with_bias,
    log_softmax_op,
    logsoftmax,
    softmax,
    softmax_grad,
    softmax_graph,
    softmax_op,
    softmax_with_bias,
)
from theano.tensor.nnet.upsample import separable_conv2d

abstract_conv2d = conv2d
logsoftmax_op = log_softmax_op
sigmoid, softplus = ELEMWISE["sigmoid"], ELEMWISE["softplus"]
softsign, ultra_fast_sigmoid = ELEMWISE["softsign"], ELEMWISE["ultra_fast_sigmoid"]
