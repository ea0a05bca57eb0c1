"""The version of the API that programs compare with what they need (decision 25): Owlbot refuses work below 0.2."""

API_VERSION = "0.2.3"
