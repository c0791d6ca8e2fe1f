"""The practice checkout: plays Stripe where no Stripe key is set.

It speaks Stripe's wire format, so the library and all code above it are the very same:
``api`` answers requests, ``transport`` hands them over instead of the network,
``desk`` is what a person does on the checkout page, ``events`` posts signed events to our
own webhook.
"""
