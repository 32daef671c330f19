"""What ops and types may say about their C code, by methods that a subclass defines.

None of them is defined here: each raises MethodNotDefined, as users' classes expect that ask their base class.
"""

from inspect import Parameter, Signature

from theano.errors import MethodNotDefined

COMMON = {                              # method -> its arguments, and what it gives
    "c_headers": ("", "Headers that the code includes."),
    "c_header_dirs": ("", "Folders of headers."),
    "c_libraries": ("", "Libraries that the code is linked with."),
    "c_lib_dirs": ("", "Folders of libraries."),
    "c_support_code": ("", "Code at the top of the file."),
    "c_compile_args": ("", "Arguments of the compiler."),
    "c_no_compile_args": ("", "Arguments that the compiler must not be given."),
    "c_init_code": ("", "Code that runs when the module is loaded."),
}
OF_OPS = {
    "c_code_cleanup": ("node name inputs outputs sub", "Code that runs after that of the node, whatever happened."),
    "c_support_code_apply": ("node name", "Code at the top of the file, for one node."),
    "c_support_code_struct": ("node name", "Code in the struct of a node."),
    "c_init_code_apply": ("node name", "Code that runs when the module is loaded, for one node."),
    "c_init_code_struct": ("node name sub", "Code that runs when the struct of a node is made."),
    "c_cleanup_code_struct": ("node name", "Code that runs when the struct of a node is freed."),
}
OF_TYPES = {
    "c_element_type": ("", "The C type of an element."),
    "c_is_simple": ("", "Whether a value is one C number."),
    "c_literal": ("data", "A value as C code."),
    "c_declare": ("name sub check_input=True", "Code that declares the variables of a value."),
    "c_init": ("name sub", "Code that gives them a first value."),
    "c_extract": ("name sub check_input=True", "Code that fills them from a Python object."),
    "c_extract_out": ("name sub check_input=True", "The same for an output, which may not be there yet."),
    "c_cleanup": ("name sub", "Code that frees what they hold."),
    "c_sync": ("name sub", "Code that makes a Python object of them."),
}


def _undefined(name, arguments, doc):
    def method(self, *args, **kwargs):
        raise MethodNotDefined(name, type(self), type(self).__name__)
    parameters = [Parameter("self", Parameter.POSITIONAL_OR_KEYWORD)]
    for argument in arguments.split():
        argument, _, default = argument.partition("=")
        parameters.append(Parameter(argument, Parameter.POSITIONAL_OR_KEYWORD,
                                    default=True if default else Parameter.empty))
    method.__name__, method.__doc__, method.__signature__ = name, doc, Signature(parameters)
    return method


def c_interface(name, doc, *tables):
    """A class whose methods are the rows of ``tables``; each raises MethodNotDefined."""
    methods = {method: _undefined(method, *row) for table in tables for method, row in table.items()}
    return type(name, (), {**methods, "__doc__": doc, "__module__": __name__})


COpInterface = c_interface("COpInterface", "What an op may say about its C code.", COMMON, OF_OPS)
CTypeInterface = c_interface("CTypeInterface", "What a type may say about its C code.", COMMON, OF_TYPES)
